import chalk from 'chalk';
import { DaybreakError, ERROR_CODES, messageOf } from '../../domain/errors';
import { progress } from '../output/print';
import { line, styled } from '../output/safe-text';

/** Prints what failed and what to do, and sets the exit code. An error that is not a DaybreakError is a defect. */
export function fail(thrown: unknown): void {
  if (thrown instanceof DaybreakError) {
    const { code, what, remedy, cause } = thrown;
    progress(line`${styled(chalk.red, code)} ${what}.`);
    if (cause !== undefined) progress(line`  cause: ${messageOf(cause)}`);
    progress(line`  ${styled(chalk.bold, '→')} ${remedy}`);
    process.exitCode = ERROR_CODES[code].exit;
    return;
  }
  const defect = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  progress(line`${styled(chalk.red, 'DEFECT')} ${defect}`);
  process.exitCode = 1;
}
