import { Context, log } from '@temporalio/activity';
import { sendWebhook, type Webhook } from '../../clients/webhook';
import { asDaybreakError, DaybreakError } from '../../domain/errors';
import { httpUrl } from '../../domain/http-url';
import { noticeBody, type Notice } from '../../domain/notice';
import type { Pipeline } from '../../domain/pipeline';
import { workflowUrl, type TemporalUi } from '../../domain/workflow-url';
import { currentSettings, realtimeFolder } from '../../engines/pipeline/pipeline-copies';
import { folderNamed } from '../../engines/pipeline/pipelines-folder';
import { readSettings } from '../../engines/pipeline/read-pipeline';

export interface NoticeDependencies {
  /** Absolute path of the folder that has one folder for each pipeline. */
  readonly pipelines: string;
  /** Absolute path; see Config.data. */
  readonly data: string;
  /** For the pipelines that name no webhooks. */
  readonly webhooks: readonly Webhook[];
  /** Signs the requests in the format json. */
  readonly webhookSecret?: string | undefined;
  readonly temporal: TemporalUi;
}

/**
 * Tells the webhooks, unless the pipeline wants no notices of this kind. An attempt sends to the webhooks that the
 * attempts before could not reach. One that fails does not stop the others.
 */
export async function sendNotice(dependencies: NoticeDependencies, notice: Notice): Promise<void> {
  const settings = await noticeSettings(dependencies, notice.pipeline);
  if (settings !== undefined && !settings.on.includes(notice.kind)) return;
  const { info } = Context.current();
  const done = new Set(namesIn(info.heartbeatDetails));
  const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
  const at = new Date();
  const link = workflowUrl(dependencies.temporal, workflowId, runId);
  // Those of the pipeline, else those of the worker.
  const named: readonly NamedWebhook[] = settings?.webhooks.length ? settings.webhooks : dependencies.webhooks;
  const failures: DaybreakError[] = [];
  for (const { variable, format, url } of named) {
    if (done.has(variable)) continue;
    try {
      const body = noticeBody(notice, { at, link }, format);
      const secret = format === 'json' ? dependencies.webhookSecret : undefined;
      const webhook = { variable, format, url: url ?? addressIn(variable) };
      await sendWebhook(webhook, { id: `${runId}-${notice.date}-${notice.kind}`, at, body, secret });
      done.add(variable);
      Context.current().heartbeat([...done]);
    } catch (thrown) {
      failures.push(asDaybreakError(thrown));
    }
  }
  const failure = failures.find(({ retry }) => retry) ?? failures[0];
  if (failure !== undefined) throw failure;
}

/**
 * The pipeline's settings. If they cannot be read, which may be why its night failed: those that realtime accepted last
 * on this machine; undefined if there are none.
 */
async function noticeSettings(
  { pipelines, data, webhooks }: NoticeDependencies,
  name: string,
): Promise<Pipeline['notify'] | undefined> {
  try {
    const { notify } = await readSettings(await folderNamed(pipelines, name));
    return notify;
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError)) throw thrown;
    const accepted = await currentSettings(realtimeFolder(data, name), name);
    if (accepted === undefined && webhooks.length === 0) {
      log.warn('nobody is told: the webhooks of the pipeline are not known, and the worker has none', {
        reason: thrown.what,
      });
    }
    return accepted?.notify;
  }
}

/** A webhook of a pipeline has its address in its variable only. */
type NamedWebhook = Omit<Webhook, 'url'> & Partial<Pick<Webhook, 'url'>>;

function addressIn(variable: string): string {
  const parsed = httpUrl.safeParse(process.env[variable]);
  if (parsed.success) return parsed.data;
  throw new DaybreakError('BAD_CONFIGURATION', {
    what: `notify.webhooks names the variable ${variable}, which holds no http or https address in the worker's environment`,
    remedy: `Set ${variable} for the worker and restart it, or correct notify.webhooks in pipeline.yaml.`,
  });
}

/** What an earlier attempt has reported. */
function namesIn(details: unknown): string[] {
  return Array.isArray(details) ? details.filter((name) => typeof name === 'string') : [];
}
