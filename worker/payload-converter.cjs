'use strict';
// CommonJS as it runs: the SDK requires it by its path, also inside of the workflow sandbox.
const { defaultPayloadConverter } = require('@temporalio/common');
const { decode } = require('@temporalio/common/lib/encoding');

/** What DAYBREAK_PAYLOAD_KEYS makes of a payload. */
const ENCRYPTED = 'binary/encrypted';

/**
 * As the SDK's own, but that what cannot be decoded is undefined, which no workflow or activity takes. A throw would fail the
 * workflow's task, which Temporal tries again for ever: one signal of a stranger would hold a speed layer up. What is
 * encrypted throws on a worker without keys: the task waits for a worker that has them, and the run does not end.
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

/** In the words of a DaybreakError, whose class cannot be loaded here. */
function withoutKeys(cause) {
  const what = 'what Temporal holds is encrypted, and DAYBREAK_PAYLOAD_KEYS is not set';
  const remedy = 'Set DAYBREAK_PAYLOAD_KEYS for every worker, as it is where the run was started.';
  return Object.assign(new Error(`BAD_CONFIGURATION: ${what}. ${remedy}`, { cause }), { code: 'BAD_CONFIGURATION' });
}
