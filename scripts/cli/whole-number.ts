import { InvalidArgumentError } from 'commander';

/** Parses an option's value that is a whole number, `minimum` or more. */
export function wholeNumberFrom(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= minimum) return value;
    throw new InvalidArgumentError(`Give a whole number, ${minimum} or more.`);
  };
}
