import { WORKER_ADDRESSES } from '../../domain/pipeline';

/** What says which servers, folders and receivers a command has. The rest only says how much it does at once. */
const NAMES_SERVERS =
  /^(?:TEMPORAL|KAFKA|DRUID)_|^DAYBREAK_(?:PORT_BASE|PIPELINES?|DATA|STACK|WORKER_HOST|WORKER_PORT|OUTPUT_\w+|WEBHOOK_\w+|SLACK_\w+|PAYLOAD_\w+)$/;

/** As notify.webhooks names it. */
const isWebhook = (name: string): boolean => name.endsWith('_URL') && !WORKER_ADDRESSES.includes(name);

/**
 * The environment without what names servers. A demo that inherits an address would feed its events to servers, and
 * send its notices to webhooks, that other people use.
 *
 * @param absent a file that does not exist: a profile of Temporal's configuration file has an address, too.
 */
export function withoutServers(environment: NodeJS.ProcessEnv, absent: string): NodeJS.ProcessEnv {
  const others = Object.entries(environment).filter(([name]) => !NAMES_SERVERS.test(name) && !isWebhook(name));
  return { ...Object.fromEntries(others), TEMPORAL_CONFIG_FILE: absent };
}
