import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { dateAttribute, outcomeAttribute, pipelineAttribute } from '../../../domain/search-attributes';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { silentProgress } from '../../../scripts/stack/progress';

/** A Temporal of this test file, for commands that run in other processes. */
export function localTemporal() {
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }) };
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
    environment = await TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path: await artifactsOf(silentProgress).temporal() },
        searchAttributes: [pipelineAttribute, dateAttribute, outcomeAttribute],
        log: { format: 'pretty', level: 'never' },
      },
    });
  });

  afterAll(() => environment.teardown());

  return {
    get client() {
      return environment.client;
    },
    get connection() {
      return environment.nativeConnection;
    },
    /** The variables with which a command finds it. */
    get variables() {
      return { TEMPORAL_ADDRESS: environment.address };
    },
  };
}
