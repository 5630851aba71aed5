'use strict';
// Plain CommonJS: the SDK requires it by its path, also inside the workflow sandbox.
const { defaultPayloadConverter } = require('@temporalio/common');

/**
 * Like the SDK's own, except that a value that cannot be decoded becomes undefined, which no workflow or activity
 * accepts. An exception would fail the workflow task, which Temporal retries forever: one signal from a stranger would
 * block a speed layer. Encrypted values do not come here: the codec decrypts them, or refuses them.
 */
exports.payloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload(payload) {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch {
      return undefined;
    }
  },
};
