import fc from 'fast-check';

/** How many records of a batch a property compares. */
type Sizes = Pick<fc.ArrayConstraints, 'minLength' | 'maxLength' | 'size'>;

/**
 * How many records each property over batches compares at least. Default: some hundreds, in batches so small that
 * fast-check finds a small example for a failure.
 */
const RECORDS = Number(process.env['DAYBREAK_PROPERTY_RECORDS'] ?? 0);
/** The records of a batch if RECORDS is set: opening a database for each takes less time than the records then. */
const LARGE = 20_000;
const NO_TIMEOUT = 2 ** 31 - 1;

/** For `it`, in milliseconds. A failing run takes long: it searches for a small example. */
export const BATCHES_TIMEOUT = RECORDS === 0 ? 600_000 : NO_TIMEOUT;

/** Checks batches of `of`: `runs` small ones, or large ones with DAYBREAK_PROPERTY_RECORDS. Their failure has a seed as example. */
export function overBatches<T>(
  of: (sizes: Sizes) => fc.Arbitrary<T>,
  small: Sizes & { readonly runs: number },
  check: (batch: T) => Promise<void>,
): Promise<void> {
  if (RECORDS === 0) return fc.assert(fc.asyncProperty(of(small), check), { numRuns: small.runs });
  const large = of({ minLength: LARGE, maxLength: LARGE, size: 'max' });
  return fc.assert(
    fc.asyncProperty(fc.noBias(fc.nat()), async (seed) => {
      for (const batch of fc.sample(large, { seed, numRuns: 1 })) await check(batch);
    }),
    { numRuns: Math.ceil(RECORDS / LARGE), endOnFailure: true },
  );
}
