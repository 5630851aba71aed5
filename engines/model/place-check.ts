import type { DaybreakError } from '../../domain/errors';

/** Whether this process may use a place of a pipeline's files. */
export interface PlaceCheck {
  readonly of: 'input' | 'output' | 'table';
  /** The name of the table. */
  readonly table?: string;
  /** As people write it, without secrets. */
  readonly place: string;
  /** What was tried and worked, in the order of the tries. */
  readonly can: readonly ('list' | 'read' | 'write')[];
  /** The file that was read, or whose reading failed. */
  readonly file?: string | undefined;
  /** Why something was not tried. */
  readonly note?: string | undefined;
  /** Why the try after the last of `can` failed. */
  readonly failure?: DaybreakError | undefined;
}
