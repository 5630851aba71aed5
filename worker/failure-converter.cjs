'use strict';
// CommonJS as it runs: the SDK requires it by its path, also where the commands run from a bundle.
const { DefaultFailureConverter } = require('@temporalio/common');

/** Puts messages and stacks of failures, which may hold a row of data, where the codec encrypts them. */
exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
