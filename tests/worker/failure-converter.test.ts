import { DefaultFailureConverter, defaultPayloadConverter, type FailureConverter } from '@temporalio/common';
import { DaybreakError } from '../../domain/errors';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- as the SDK loads it.
const { failureConverter } = require('../../worker/failure-converter.cjs') as { failureConverter: FailureConverter };
const written = (error: unknown) => failureConverter.errorToFailure(error, defaultPayloadConverter);

it('puts messages and stacks, which may hold a row, where the codec encrypts them', () => {
  const error = new DaybreakError('ENGINE_FAILED', { what: 'it fails on 4711', remedy: 'Correct it' });
  for (const thrown of [error, new Error('4711'), '4711']) {
    const failure = written(thrown);
    expect(`${failure.message} ${failure.stackTrace}`).not.toContain('4711');
    expect(failureConverter.failureToError(failure, defaultPayloadConverter).message).toContain('4711');
  }
});

it('leaves plain why a worker cannot read payloads, for those who may lack its key', () => {
  const failure = written(new DaybreakError('BAD_CONFIGURATION', { what: "no key 'old'", remedy: 'Add it' }));
  expect(failure.message).toBe("BAD_CONFIGURATION: no key 'old'. Add it");
  const other = new DefaultFailureConverter();
  expect(other.failureToError(failure, defaultPayloadConverter).message).toContain("no key 'old'");
});
