import type { PlaceCheck } from '../../../engines/model/place-check';

/** What a place of a pipeline's files allows, in one line. */
export function describePlace({ of, table, place, can, file, note, failure }: PlaceCheck): string {
  const said = can.map((act) => `${act === 'read' ? `${file ?? ''} ` : ''}can be ${PARTICIPLES[act]}`);
  const next = of === 'output' ? 'write' : can.length === 0 ? 'list' : 'read';
  if (failure !== undefined) said.push(`${next === 'read' ? `${file ?? ''} ` : ''}cannot be ${PARTICIPLES[next]}`);
  if (note !== undefined) said.push(note);
  if (of !== 'output' && failure === undefined) said.push('nothing is written there');
  return `${table === undefined ? of : `${of} ${table}`} ${place}: ${said.join('; ')}`;
}

const PARTICIPLES = { list: 'listed', read: 'read', write: 'written' } as const;

/** The same for programs. */
export function placeJson({ failure, ...check }: PlaceCheck): object {
  if (failure === undefined) return check;
  const { code, what, remedy } = failure;
  return { ...check, failure: { code, what, remedy } };
}
