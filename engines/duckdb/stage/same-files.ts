import { isNeighbour } from '../../../domain/file-hours';
import { unreadable } from '../../input/listed-file';
import type { FileContent } from './hour-stage';

/**
 * Throws UNREADABLE_INPUT if a file differs from when it was read before; a retry may then succeed. Files of
 * neighbouring hours may still grow: what they gain after this build is late data.
 */
export function requireSame(
  hour: string,
  files: readonly FileContent[],
  before: readonly FileContent[] | undefined,
): void {
  if (isNeighbour(hour)) return;
  const changed = files.find(({ sha256 }, index) => sha256 !== before?.[index]?.sha256);
  if (changed !== undefined) throw unreadable(changed.file, new Error('it was written to while the day was built'));
}
