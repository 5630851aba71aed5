/** '1 day', '2 days', '1,000 days'. */
export function counted(count: number, noun: string): string {
  return `${numeral(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** '1,000'. */
export function numeral(count: number): string {
  return count.toLocaleString('en-US');
}
