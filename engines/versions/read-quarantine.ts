import { createReadStream } from 'node:fs';
import * as z from 'zod';
import { localError } from '../../clients/storage/local/fs-errors';
import { DaybreakError } from '../../domain/errors';
import type { QuarantinedRecord } from './quarantine';

const recordSchema: z.ZodType<QuarantinedRecord> = z.object({
  file: z.string(),
  line: z.number(),
  reason: z.string(),
  text: z.string(),
  base64: z.string().exactOptional(),
  cutFrom: z.number().exactOptional(),
});

const LINE_FEED = 10;

/**
 * The records of a quarantine file, in order. Holds one at a time. Throws OUTPUT_FAILED if a line is no such record, and
 * what the file system says if the file cannot be read.
 */
export async function* readQuarantine(path: string): AsyncGenerator<QuarantinedRecord> {
  let number = 0;
  for await (const line of linesOf(bytesOf(path))) {
    number += 1;
    yield parseRecord(line, `line ${number} of ${path}`);
  }
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  } catch (thrown) {
    throw localError(thrown, `reading ${path}`, path);
  }
}

/** A reader by lines of Node's own would also cut a record at the line separators of Unicode. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      yield Buffer.concat([...begun, chunk.subarray(start, end)]).toString();
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
  if (begun.length > 0) yield Buffer.concat(begun).toString();
}

function parseRecord(line: string, place: string): QuarantinedRecord {
  try {
    return recordSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `${place} is no quarantined record`,
      remedy: 'Something has changed the file: build the day again with the command batch run --force.',
      cause,
    });
  }
}

/** What follows a value that a reason quotes. A value may hold any line separator of Unicode. */
const QUOTED_VALUE = /^(.*?) is .*(, (?:not|which has|in which|another hour than) .*)$/s;
/** It quotes two. */
const TIME_OF_ROW = /^(.*?) is .*(, (?:not|another hour than) ).*(, the time of its event)$/s;
/** Their numbers are positions in the file. */
const OF_BYTES = /^(?:the gzip member at byte|after the compressed data|the last \d+ bytes were left out)/;
const FAILURE_OF_TRANSFORM = /^the transform fails on it: [A-Z][A-Za-z ]* Error\b/;

/** A reason without what is of its record alone, so that equal faults have one text: 'id is …, not an integer of 64 bits'. */
export function kindOfReason(reason: string): string {
  if (OF_BYTES.test(reason)) return reason.replaceAll(/\d+/g, '…');
  const [, ofRow, but, end] = TIME_OF_ROW.exec(reason) ?? [];
  if (ofRow !== undefined) return `${ofRow} is …${but ?? ''}…${end ?? ''}`;
  const [, label, fault] = QUOTED_VALUE.exec(reason) ?? [];
  // An element's index stands at the end of the name of its list.
  if (label !== undefined) return `${label.replace(/\[\d+\](?=\)?$)/, '[…]')} is …${fault ?? ''}`;
  return FAILURE_OF_TRANSFORM.exec(reason)?.[0] ?? reason;
}
