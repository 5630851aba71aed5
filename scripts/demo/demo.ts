import { once } from 'node:events';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { businessDateOf, shiftDate } from '../../domain/business-date';
import { dailyBatchId } from '../../domain/daily-batch';
import { DaybreakError, hasCode } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { speedLayerId } from '../../domain/speed-layer';
import { loadPipelineNamed } from '../../engines/load-pipeline';
import { PIPELINE_FILE } from '../../engines/pipeline/pipeline-file';
import { readConfig, type Config } from '../../worker/config';
import { workflowUrl } from '../../domain/workflow-url';
import { onEnding } from '../output/ending';
import { print, progress } from '../output/print';
import { withoutServers } from './own-servers';
import { Session } from './session';
import { BUCKET, createProgress, s3Variables, startStack, stopStack, takeLock } from '../stack';
import { fail } from '../cli/fail';
import { untilRealtimeServes } from './until-realtime-serves';

const PIPELINE = 'events';
/** The demo has its own servers and data, so it touches no other stack and starts without old data. */
const FOLDER = resolve('.daybreak/demo');
/** Where the demo's servers listen when a standard port is taken. */
const OTHER_PORT_BASE = 27_000;

export interface DemoOptions {
  readonly once: boolean;
  readonly events: number;
  readonly storage?: 's3';
}

/** Runs until a signal comes, or once to its end. Leaves no server behind. */
export async function run(options: DemoOptions): Promise<void> {
  try {
    const pipeline = await loadExample();
    const lock = await takeLock(FOLDER, 'End that demo with Ctrl-C, or start this one in another folder.');
    try {
      await runAlone(pipeline, options, lock.signal);
    } finally {
      await lock.release();
    }
  } catch (thrown) {
    fail(thrown);
  }
}

/** Before servers are started, which takes minutes the first time. Throws what is wrong with the pipeline. */
async function loadExample(): Promise<Pipeline> {
  const { pipelines } = readConfig({});
  try {
    return (await loadPipelineNamed(pipelines, PIPELINE)).pipeline;
  } catch (thrown) {
    const isMissing =
      thrown instanceof DaybreakError && (thrown.code === 'UNKNOWN_PIPELINE' || hasCode(thrown.cause, 'ENOENT'));
    if (!isMissing) throw thrown;
    throw new DaybreakError('UNKNOWN_PIPELINE', {
      what: `the demo runs the pipeline ${PIPELINE}, and ${join(pipelines, PIPELINE)} does not exist`,
      remedy: 'Start it in a checkout of Daybreak, or in a repository that npx daybreak init made.',
      cause: thrown,
    });
  }
}

/** @param lost aborts if the folder is another demo's: then its servers are, too. */
async function runAlone(pipeline: Pipeline, options: DemoOptions, lost: AbortSignal): Promise<void> {
  const interrupted = new AbortController();
  onEnding((signal) => {
    interrupted.abort(new DaybreakError('CANCELLED', { what: `the demo got ${signal}`, remedy: 'Start it again.' }));
  });
  lost.addEventListener('abort', () => {
    interrupted.abort(lost.reason);
  });
  const session = new Session(interrupted.signal, process.argv[1] ?? '');
  try {
    await demo(session, pipeline, options);
    lost.throwIfAborted();
  } catch (thrown) {
    fail(thrown);
  } finally {
    heading('Stopping');
    await session.end();
    if (!lost.aborted) await stopServers();
  }
}

async function demo(session: Session, pipeline: Pipeline, options: DemoOptions): Promise<void> {
  heading(`Real servers: Temporal, Kafka and Druid${options.storage === 's3' ? ', and S3' : ''}`);
  await stopServers();
  await rm(FOLDER, { recursive: true, force: true });
  const { config, environment } = await startServers(options.storage, session.signal);
  session.inherited = withoutServers(process.env, `${FOLDER}/none.toml`);
  session.environment = environment;
  const yesterday = shiftDate(businessDateOf(new Date(), pipeline.timeZone), -1);

  heading('The speed layer, the nightly schedule, and a live stream of today');
  await session.background('worker', `${FOLDER}/worker.log`, '"msg":"ready"');
  await session.run('speed start');
  await session.run('schedule apply');
  await session.background('feed --rate 200', `${FOLDER}/feed.log`);

  heading(`Yesterday, ${yesterday}, with late and duplicate events, as real streams have`);
  await session.run(`feed --date ${yesterday} --events ${options.events}`);
  await untilRealtimeServes(config, pipeline, {
    date: yesterday,
    signal: session.signal,
    remedy: `Read ${FOLDER}/worker.log and run npx daybreak status.`,
  });

  heading(`What happens every night: ${yesterday} is recomputed from its files and replaced in Druid`);
  await session.run(`batch run --date ${yesterday}`);
  await session.run('status');

  print();
  print(`Temporal UI   ${config.temporal.uiUrl}`);
  print(`  the day     ${workflowUrl(config.temporal, dailyBatchId(PIPELINE, yesterday))}`);
  print(`  realtime    ${workflowUrl(config.temporal, speedLayerId(PIPELINE))}`);
  print(`Druid SQL     POST ${config.druid.brokerUrl}/druid/v2/sql {"query":"SELECT COUNT(*) FROM events_names"}`);
  if (options.once) return;
  print('Everything stays up. Ctrl-C stops it.');
  await once(session.signal, 'abort');
}

async function startServers(
  storage: 's3' | undefined,
  signal: AbortSignal,
): Promise<{ config: Config; environment: Record<string, string> }> {
  for (const portBase of [undefined, OTHER_PORT_BASE]) {
    const shown = createProgress();
    try {
      const stack = await startStack({ directory: `${FOLDER}/stack`, portBase, storage, progress: shown, signal });
      const environment = {
        DAYBREAK_DATA: `${FOLDER}/data`,
        DAYBREAK_STACK: `${FOLDER}/stack`,
        ...(portBase !== undefined && { DAYBREAK_PORT_BASE: String(portBase) }),
        ...(storage === 's3' && { ...s3Variables(stack), DAYBREAK_PIPELINES: await pipelinesOnS3() }),
      };
      return { config: readConfig(environment), environment };
    } catch (thrown) {
      const taken = thrown instanceof DaybreakError && thrown.code === 'PORT_TAKEN';
      if (!taken || portBase !== undefined) throw thrown;
      progress(`${thrown.what}: the demo's servers listen from port ${OTHER_PORT_BASE} on instead.`);
    } finally {
      shown.stop();
    }
  }
  throw new Error('unreachable: the last turn returns or throws');
}

/** A folder with a copy of the example whose files and published days are on the local S3. */
async function pipelinesOnS3(): Promise<string> {
  const pipelines = `${FOLDER}/pipelines`;
  await cp(`pipelines/${PIPELINE}`, `${pipelines}/${PIPELINE}`, { recursive: true });
  const file = `${pipelines}/${PIPELINE}/${PIPELINE_FILE}`;
  const settings = parseDocument(await readFile(file, 'utf8'));
  settings.setIn(['files', 'location'], `s3://${BUCKET}/hourly`);
  settings.setIn(['output', 'location'], `s3://${BUCKET}/days`);
  await writeFile(file, settings.toString());
  return pipelines;
}

async function stopServers(): Promise<void> {
  const shown = createProgress();
  try {
    await stopStack({ directory: `${FOLDER}/stack`, progress: shown, wipe: true });
  } finally {
    shown.stop();
  }
}

function heading(title: string): void {
  progress('');
  progress(`── ${title}`);
}
