import axios, { type AxiosResponse } from 'axios';
import type { Readable } from 'node:stream';
import { Webhook as Signer } from 'standardwebhooks';
import { DaybreakError, messageOf } from '../domain/errors';
import type { NoticeFormat } from '../domain/pipeline';

/** Where notices are sent. The address is a secret: Slack's holds the right to write. */
export interface Webhook {
  /** The environment variable that has the address: what is shown in its place. */
  readonly variable: string;
  readonly url: string;
  readonly format: NoticeFormat;
}

export interface WebhookMessage {
  /** The same for each attempt, so that the receiver can drop repetitions. */
  readonly id: string;
  readonly at: Date;
  /** JSON. */
  readonly body: string;
  /** Signs the request, as Standard Webhooks define it; absent: it is not signed. */
  readonly secret?: string | undefined;
}

const TIMEOUT_MILLISECONDS = 10_000;
/** These answers may be others later. */
const PASSING = [408, 425, 429];

/**
 * Sends a message to a webhook. Throws WEBHOOK_FAILED if there is no answer, or one that may be another later (5xx,
 * 408, 425, 429). Throws WEBHOOK_REFUSED for any other answer but 2xx, also for a redirect, which is not followed.
 *
 * @param within how many milliseconds the receiver has for its status, from the connection on.
 */
export async function sendWebhook(
  { variable, url }: Webhook,
  message: WebhookMessage,
  within = TIMEOUT_MILLISECONDS,
): Promise<void> {
  const { id, at, body, secret } = message;
  const seconds = Math.floor(at.getTime() / 1_000);
  // The `timeout` of axios begins again with each byte that comes.
  const signal = AbortSignal.timeout(within);
  let response: AxiosResponse<Readable>;
  try {
    response = await axios.post(url, body, {
      signal,
      responseType: 'stream',
      maxRedirects: 0,
      validateStatus: () => true,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(seconds),
        ...(secret !== undefined && { 'webhook-signature': new Signer(secret).sign(id, at, body) }),
      },
    });
  } catch (thrown) {
    // The AxiosError is not the cause: it carries the address.
    throw new DaybreakError('WEBHOOK_FAILED', {
      what: `the webhook of ${variable} did not answer${signal.aborted ? ` within ${within / 1_000} s` : `: ${messageOf(thrown)}`}`,
      remedy: `Check the address in ${variable}, and that the worker reaches it.`,
    });
  }
  const { status, data } = response;
  // The status says it all. What follows it may have no end.
  data.on('error', () => undefined).destroy();
  if (status >= 200 && status < 300) return;
  const what = `the webhook of ${variable} answered with status ${status}`;
  if (status >= 500 || PASSING.includes(status)) {
    throw new DaybreakError('WEBHOOK_FAILED', { what, remedy: 'Check the service that receives it.' });
  }
  throw new DaybreakError('WEBHOOK_REFUSED', {
    what,
    remedy: `Check the address in ${variable}, and that its service takes this format.`,
  });
}
