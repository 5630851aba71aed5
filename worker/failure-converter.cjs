'use strict';
// Plain CommonJS: the SDK requires it by its path, also if the commands run from a bundle.
const { DefaultFailureConverter } = require('@temporalio/common');

/** Puts messages and stacks of failures, which may hold a row of data, where the codec encrypts them. */
const encoding = new DefaultFailureConverter({ encodeCommonAttributes: true });
const plain = new DefaultFailureConverter();

/**
 * A worker's error about payloads that it cannot read holds none of them, and is for people who may lack its key.
 * Failures of activities and workflows are already ApplicationFailures here, whatever their code.
 */
const isOfConfiguration = (error) => error instanceof Error && error.code === 'BAD_CONFIGURATION';

exports.failureConverter = {
  errorToFailure: (error, payloadConverter) =>
    (isOfConfiguration(error) ? plain : encoding).errorToFailure(error, payloadConverter),
  failureToError: (failure, payloadConverter) => encoding.failureToError(failure, payloadConverter),
};
