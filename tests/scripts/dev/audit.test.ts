import { readAudit } from '../../../scripts/dev/audit';

const shipped = new Set(['node_modules/axios', 'node_modules/zod']);
const report = (...found: readonly (readonly [path: string, severity: string])[]): string => {
  const vulnerabilities = found.map(([path, severity]) => {
    const name = path.replace(/.*node_modules\//, '');
    return [name, { name, severity, nodes: [path] }] as const;
  });
  return JSON.stringify({ auditReportVersion: 2, vulnerabilities: Object.fromEntries(vulnerabilities) });
};

it('passes where no advisory is high, and tells the others', () => {
  expect(readAudit(report(['node_modules/axios', 'moderate'], ['node_modules/zod', 'low']), shipped)).toEqual({
    passes: true,
    line: 'audit: 0 high, 0 critical, 1 moderate, 1 low in 2 packages',
  });
});

it.each(['high', 'critical'])('fails with a %s one, by name', (severity) => {
  const { passes, line } = readAudit(report(['node_modules/axios', severity]), shipped);
  expect(passes).toBe(false);
  expect(line).toContain(`axios (${severity})`);
});

it('counts no package that only the development needs', () => {
  expect(readAudit(report(['node_modules/jest', 'critical']), shipped)).toEqual({
    passes: true,
    line: 'audit: 0 high, 0 critical, 0 moderate, 0 low in 2 packages',
  });
});

it('says that nothing was checked where the registry offers no advisories', () => {
  const refusal = { message: '405 Method Not Allowed - POST …/advisories/bulk', statusCode: 405, error: {} };
  expect(readAudit(JSON.stringify(refusal), shipped)).toEqual({
    passes: true,
    line: expect.stringMatching(/^audit: NOT CHECKED: .*405/) as string,
  });
});

it.each(['', 'npm error', '{}', '[]', '{"metadata":{}}'])('fails where npm gave no report: %j', (output) => {
  expect(readAudit(output, shipped)).toMatchObject({
    passes: false,
    line: expect.stringContaining('FAILED') as string,
  });
});
