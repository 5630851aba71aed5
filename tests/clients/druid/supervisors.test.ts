import { druidAnswering } from './listening';

const payload = { state: 'RUNNING', detailedState: 'RUNNING', healthy: true, minimumLag: { 0: 3 } };

it('reads the status of a supervisor with an error of which Druid has no message', async () => {
  // A TimeoutException has none. Druid keeps its last errors, also once the supervisor is healthy again.
  const recentErrors = [{ timestamp: '2026-11-21T07:00:00.000Z', exceptionClass: null, message: null }];
  const { supervisors } = await druidAnswering(JSON.stringify({ payload: { ...payload, recentErrors } }));
  expect(await supervisors.status('rides')).toMatchObject({ healthy: true, minimumLag: { 0: 3 } });
});

it('reads the status of a supervisor of which Druid lists no errors', async () => {
  const { supervisors } = await druidAnswering(JSON.stringify({ payload: { ...payload, recentErrors: null } }));
  expect(await supervisors.status('rides')).toMatchObject({ recentErrors: [] });
});
