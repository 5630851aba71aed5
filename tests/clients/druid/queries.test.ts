import * as z from 'zod';
import { druidAnswering } from './listening';

async function linesOf(body: string): Promise<string> {
  const { queries } = await druidAnswering(body);
  let lines = '';
  for await (const part of queries.sqlLines('SELECT 1')) lines += part.toString();
  return lines;
}

// Druid 33 writes a line break between two rows, and two at the end, also if there is no row.
it.each(['{"a":1}\n{"a":2}\n\n', '{"a":1}\n\n', '\n\n'])(
  'reads lines up to the empty line at their end: %j',
  async (body) => {
    expect(await linesOf(body)).toBe(body);
  },
);

it.each(['', '{"a":1}', '{"a":1}\n', '\n'])('asks again for lines that Druid broke off: %j', async (body) => {
  await expect(linesOf(body)).rejects.toMatchObject({ code: 'DRUID_UNREACHABLE' });
});

it.each(['', '[{"a":1},', '<html>'])('asks again where an answer is no JSON: %j', async (body) => {
  const { queries } = await druidAnswering(body);
  await expect(queries.sql('SELECT 1', [], z.unknown())).rejects.toMatchObject({ code: 'DRUID_UNREACHABLE' });
});

it('is refused where an answer is JSON of another shape', async () => {
  const { queries } = await druidAnswering('{"a":1}');
  await expect(queries.sql('SELECT 1', [], z.unknown())).rejects.toMatchObject({ code: 'DRUID_REFUSED' });
});
