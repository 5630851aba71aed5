import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { PipelineHashes, ReadPipeline } from '../model/loaded-pipeline';

const DIGITS = 12;

/**
 * The version of a pipeline as people compare it: 12 hexadecimal digits of a hash over transform.sql, the settings that
 * shape rows, and the static tables. Equal versions give equal rows for equal events. A day's manifest has the same
 * three hashes.
 */
export function pipelineVersion({ transform, settings, tables }: PipelineHashes): string {
  const sorted = Object.entries(tables).sort(([one], [other]) => (one < other ? -1 : 1));
  const text = JSON.stringify([transform, settings, sorted]);
  return shortHash(text);
}

/** Whether two pipelines have the same settings, transform and tables. */
export function isSamePipeline(one: ReadPipeline, other: ReadPipeline): boolean {
  return isDeepStrictEqual([one.pipeline, one.hashes], [other.pipeline, other.hashes]);
}

/** 12 hexadecimal digits, short enough for people to compare. */
export function shortHash(text: string): string {
  return sha256(text).slice(0, DIGITS);
}

/** In hexadecimal digits. */
export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
