import { needsFigures, proofKindOf, ROW_BY_ROW } from '../../domain/proof-kind';
import type { Pipeline } from '../../domain/pipeline';
import { rollupSetting } from '../../domain/rollup';
import { loadExample } from '../engines/scratch';

async function withProof(proof: Pipeline['proof'], digestColumn?: string): Promise<Pipeline> {
  const { pipeline } = await loadExample('events');
  return { ...pipeline, proof, druid: { ...pipeline.druid, digestColumn } };
}

it.each([
  ['auto', ROW_BY_ROW, 'rows'],
  ['auto', ROW_BY_ROW + 1, 'aggregates'],
  ['rows', 1_000_000_000, 'rows'],
  ['aggregates', 1, 'aggregates'],
] as const)('proves by %s a day of %i rows: %s', async (proof, rows, kind) => {
  expect(proofKindOf(await withProof(proof), rows)).toBe(kind);
});

it('names the digests of a pipeline that has them, where rows are not compared', async () => {
  expect(proofKindOf(await withProof('auto', 'row_digest'), 1)).toBe('rows');
  expect(proofKindOf(await withProof('auto', 'row_digest'), ROW_BY_ROW + 1)).toBe('digests');
});

it('has a build compute the figures of hours of which a day of that size consists, unless rows are compared', async () => {
  const [auto, rows, aggregates] = [await withProof('auto'), await withProof('rows'), await withProof('aggregates')];
  const [small, large] = [ROW_BY_ROW / 24 - 1, ROW_BY_ROW / 24 + 1];
  expect([small, large].map((count) => needsFigures(auto, count))).toEqual([false, true]);
  expect([1, large].map((count) => needsFigures(rows, count))).toEqual([false, false]);
  expect(needsFigures(aggregates, 1)).toBe(true);
});

it.each([
  ['auto', ROW_BY_ROW, 'groups'],
  ['auto', ROW_BY_ROW + 1, 'metrics'],
  ['aggregates', 1, 'metrics'],
] as const)(
  'proves by %s a day of %i rolled-up events: %s, of which a build keeps nothing',
  async (proof, rows, kind) => {
    const { druid, ...pipeline } = await withProof(proof);
    const rolledUp = { ...pipeline, druid: { ...druid, rollup: rollupSetting.parse({ dimensions: ['hello'] }) } };
    expect(proofKindOf(rolledUp, rows)).toBe(kind);
    expect(needsFigures(rolledUp, rows)).toBe(false);
  },
);
