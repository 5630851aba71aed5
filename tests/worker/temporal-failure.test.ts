import { randomUUID } from 'node:crypto';
import { localTemporal } from '../scripts/cli/local-temporal';
import { runDaybreak } from '../scripts/cli/run-daybreak';
import { runMain } from '../scripts/cli/run-main';

const temporal = localTemporal();
const BARE = `bare-${randomUUID()}`;
const RANGE = ['--from', '2026-01-01', '--to', '2026-01-02'];
const COMMANDS = [
  ['schedule', 'apply'],
  ['schedule', 'describe'],
  ['speed', 'status'],
  ['speed', 'pause'],
  ['backfill', ...RANGE],
  ['batch', 'run', '--date', '2026-01-01'],
];

beforeAll(async () => {
  const day = { seconds: 86_400 as never };
  await temporal.connection.workflowService.registerNamespace({
    namespace: BARE,
    workflowExecutionRetentionPeriod: day,
  });
});

const runIn = (namespace: string, args: readonly string[]) =>
  runMain([...args, '--pipeline', 'events'], { ...temporal.variables, TEMPORAL_NAMESPACE: namespace });

it.each(COMMANDS)('%s %s says that there is no such namespace, and how to create it', async (...args) => {
  const { code, stderr } = await runIn('nope', args);
  expect(stderr).toContain(
    `TEMPORAL_REFUSED Temporal at ${temporal.variables.TEMPORAL_ADDRESS} has no namespace 'nope'`,
  );
  expect(stderr).toContain('temporal operator namespace create --namespace nope');
  expect(stderr).not.toMatch(/DEFECT|^ +at /m);
  expect(code).toBe(1);
});

it('names the search attributes that a namespace lacks', async () => {
  const { code, stderr } = await runIn(BARE, ['schedule', 'apply']);
  expect(stderr).toContain('TEMPORAL_REFUSED');
  expect(stderr).toContain(
    `temporal operator search-attribute create --namespace ${BARE} --name DaybreakPipeline --type Keyword`,
  );
  expect(stderr).not.toContain('DEFECT');
  expect(code).toBe(1);
});

it.each(['nope', BARE])('status shows what it can, and what is wrong with the namespace %s', async (namespace) => {
  const { code, stdout, stderr } = await runIn(namespace, ['status', '--json']);
  expect(stderr).toBe('');
  const { servers, temporal: isThere } = JSON.parse(stdout) as {
    readonly servers: readonly { readonly title: string; readonly state: string; readonly detail: string }[];
    readonly temporal: boolean;
  };
  expect(isThere).toBe(false);
  expect(servers[0]).toMatchObject({ title: 'Temporal', state: 'down' });
  expect(servers[0]?.detail).toContain(namespace);
  expect(code).toBe(1);
});

it.each(['nope', BARE])('a report is made without what the namespace %s does not tell', async (namespace) => {
  const { code, stdout } = await runIn(namespace, ['report', '--json', ...RANGE]);
  expect(JSON.parse(stdout)).toMatchObject({ realtime: { state: 'not known' } });
  expect(code).toBe(0);
});

it('a worker ends at once, and says so', async () => {
  const { code, stderr } = await runDaybreak(['worker', '--role', 'batch'], {
    ...temporal.variables,
    TEMPORAL_NAMESPACE: 'nope',
  });
  expect(stderr).toMatch(/^TEMPORAL_REFUSED Temporal at \S+ has no namespace 'nope'\.\n.*namespace create/m);
  expect(stderr).not.toMatch(/DEFECT|^ +at /m);
  expect(code).toBe(1);
});
