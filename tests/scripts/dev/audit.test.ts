import { readAudit } from '../../../scripts/dev/audit';

const report = (high: number, critical: number, vulnerabilities = {}): string =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities,
    metadata: {
      vulnerabilities: { info: 0, low: 1, moderate: 2, high, critical, total: 3 + high + critical },
      dependencies: { prod: 400, total: 900 },
    },
  });

it('passes where no advisory is high, and tells the others', () => {
  expect(readAudit(report(0, 0))).toEqual({
    passes: true,
    line: 'audit: 0 high, 0 critical, 2 moderate, 1 low in 900 dependencies',
  });
});

it.each([
  [1, 0],
  [0, 1],
])('fails with %d high and %d critical ones, by name', (high, critical) => {
  const found = { axios: { name: 'axios', severity: high > 0 ? 'high' : 'critical' } };
  const { passes, line } = readAudit(report(high, critical, found));
  expect(passes).toBe(false);
  expect(line).toContain('axios (');
});

it('says that nothing was checked where the registry offers no advisories', () => {
  const refusal = { message: '405 Method Not Allowed - POST …/advisories/bulk', statusCode: 405, error: {} };
  expect(readAudit(JSON.stringify(refusal))).toEqual({
    passes: true,
    line: expect.stringMatching(/^audit: NOT CHECKED: .*405/) as string,
  });
});

it.each(['', 'npm error', '{}', '[]', '{"metadata":{}}'])('fails where npm gave no report: %j', (output) => {
  expect(readAudit(output)).toMatchObject({ passes: false, line: expect.stringContaining('FAILED') as string });
});
