import chalk from 'chalk';
import { DaybreakError, ERROR_CODES, messageOf } from '../domain/errors';

/** Tells a person what failed and what to do, and sets the exit code; anything but a DaybreakError is a defect. */
export function fail(thrown: unknown): void {
  if (thrown instanceof DaybreakError) {
    const cause = thrown.cause === undefined ? '' : `\n  cause: ${messageOf(thrown.cause)}`;
    process.stderr.write(`${chalk.red(thrown.code)} ${thrown.what}.${cause}\n  ${chalk.bold('→')} ${thrown.remedy}\n`);
    process.exitCode = ERROR_CODES[thrown.code].exit;
    return;
  }
  process.stderr.write(
    `${chalk.red('DEFECT')} ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`,
  );
  process.exitCode = 1;
}
