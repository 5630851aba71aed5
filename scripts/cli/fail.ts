import { DaybreakError, ERROR_CODES, messageOf } from '../../domain/errors';
import { progress } from '../output/print';
import { line, styled } from '../output/safe-text';
import { stylesOf } from '../output/terminal';

/** Prints what failed and what to do, and sets the exit code. An error that is not a DaybreakError is a defect. */
export function fail(thrown: unknown): void {
  const style = stylesOf('stderr');
  if (thrown instanceof DaybreakError) {
    const { code, what, remedy, cause } = thrown;
    progress(line`${styled(style.red, code)} ${what}.`);
    if (cause !== undefined) progress(line`  cause: ${messageOf(cause)}`);
    progress(line`  ${styled(style.bold, '→')} ${remedy}`);
    process.exitCode = ERROR_CODES[code].exit;
    return;
  }
  const defect = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  progress(line`${styled(style.red, 'DEFECT')} ${defect}`);
  process.exitCode = 1;
}
