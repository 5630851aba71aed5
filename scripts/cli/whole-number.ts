import { InvalidArgumentError } from 'commander';

/** Parses an option's value that is a whole number in digits, `minimum` or more, and `maximum` or less. */
export function wholeNumberFrom(minimum: number, maximum = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    // Number('') is 0.
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (Number.isSafeInteger(value) && value >= minimum && value <= maximum) return value;
    const upTo = maximum === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${maximum}`;
    throw new InvalidArgumentError(`Give a whole number, ${minimum} ${upTo}.`);
  };
}
