'use strict';
// Plain CommonJS: the SDK requires it by its path, also inside the workflow sandbox.
const { defaultPayloadConverter } = require('@temporalio/common');
const { decode } = require('@temporalio/common/lib/encoding');

/** The encoding of payloads that DAYBREAK_PAYLOAD_KEYS encrypts. */
const ENCRYPTED = 'binary/encrypted';

/**
 * Like the SDK's own, except that a value that cannot be decoded becomes undefined, which no workflow or activity
 * accepts. An exception would fail the workflow task, which Temporal retries forever: one signal from a stranger would
 * block a speed layer. An encrypted value throws on a worker without keys: the task waits for a worker that has them,
 * and the run does not end.
 */
exports.payloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload(payload) {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch (thrown) {
      const encoding = payload.metadata?.encoding;
      if (encoding && decode(encoding) === ENCRYPTED) throw withoutKeys(thrown);
      return undefined;
    }
  },
};

/** Worded like a DaybreakError, whose class cannot be loaded here. */
function withoutKeys(cause) {
  const what = 'what Temporal holds is encrypted, and DAYBREAK_PAYLOAD_KEYS is not set';
  const remedy = 'Set DAYBREAK_PAYLOAD_KEYS for every worker, as it is where the run was started.';
  return Object.assign(new Error(`BAD_CONFIGURATION: ${what}. ${remedy}`, { cause }), { code: 'BAD_CONFIGURATION' });
}
