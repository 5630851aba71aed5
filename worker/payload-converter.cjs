'use strict';
// CommonJS as it runs: the SDK requires it by its path, also inside of the workflow sandbox.
const { defaultPayloadConverter } = require('@temporalio/common');

/**
 * As the SDK's own, but that what cannot be decoded is undefined, which no workflow or activity takes. A throw would fail the
 * workflow's task, which Temporal tries again for ever: one signal of a stranger would hold a speed layer up.
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
