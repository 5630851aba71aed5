import { tablesByDate, type Pipeline } from '../../../domain/pipeline';

/** Which versions of its tables by date a build has, in one line. None for a pipeline without such tables. */
export function describeTablesByDate(
  pipeline: Pick<Pipeline, 'tables'>,
  files: Readonly<Record<string, string>> = {},
): string[] {
  const versions = tablesByDate(pipeline).flatMap((name) => {
    const file = files[name];
    return file === undefined ? [] : [`${name} ${file}`];
  });
  return versions.length === 0 ? [] : [`tables by date: ${versions.join(', ')}`];
}
