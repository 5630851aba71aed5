import type { DuckDBConnection } from '@duckdb/node-api';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pipeline } from '../../../domain/pipeline';
import { identityKeyNames, identityKeysOf, identityKeysSql } from './identity-keys';
import { queryTexts, run } from '../query';
import { literal, parquetSql, quoted } from '../sql';

const HOUR = 'daybreak_hour';
const FIRST = 'daybreak_first';

/** The identities that an hour has in common with an earlier one of the day. */
export interface RepeatedIdentities {
  /**
   * Absolute path of a Parquet file with the keys of identities that are in several hours, each with its first hour.
   */
  readonly path: string;
  readonly hour: string;
}

/**
 * The identities of a day's hours, by their keys, in Parquet files of one folder: memory need not hold those of a day.
 */
export class HourIdentities {
  readonly #folder: string;
  readonly #pipeline: Pipeline;

  constructor(folder: string, pipeline: Pipeline) {
    this.#folder = folder;
    this.#pipeline = pipeline;
  }

  /** Stores the identities of the view `events`, which has the events of the hour or of a part of it. */
  async keep(connection: DuckDBConnection, hour: string, part = 0): Promise<void> {
    const path = join(this.#folder, `${hour}.${part}.parquet`);
    await run(
      connection,
      `COPY (SELECT ${identityKeysSql(this.#pipeline)}, ${literal(hour)} AS ${HOUR} FROM events) TO ${literal(path)} (FORMAT parquet)`,
    );
  }

  /** The hours, in order, that have identities of earlier ones. */
  async repeated(connection: DuckDBConnection, hours: readonly string[]): Promise<RepeatedIdentities[]> {
    const kept = (await readdir(this.#folder)).filter((name) => hours.includes(name.slice(0, 2))).sort();
    const files = kept.map((name) => join(this.#folder, name));
    if (new Set(kept.map((name) => name.slice(0, 2))).size < 2) return [];
    const path = join(this.#folder, 'repeated.parquet');
    const names = identityKeyNames(this.#pipeline);
    const [columns, identities] = [names.join(', '), parquetSql(...files)];
    await run(
      connection,
      `COPY (SELECT ${columns}, min(${HOUR}) AS ${FIRST} FROM ${identities} GROUP BY ${columns} HAVING count(*) > 1)
       TO ${literal(path)} (FORMAT parquet)`,
    );
    const found = await queryTexts(
      connection,
      `SELECT DISTINCT ${HOUR} FROM ${identities} AS daybreak_all JOIN ${parquetSql(path)} AS daybreak_repeated
       ON ${sameIdentity('daybreak_all', 'daybreak_repeated', names)} WHERE ${HOUR} > ${FIRST} ORDER BY ${HOUR}`,
    );
    return found.map(([hour]) => ({ path, hour: hour ?? '' }));
  }
}

/** SQL of an hour's events without those whose identity an earlier hour has. */
export function withoutRepeated(events: string, pipeline: Pipeline, { path, hour }: RepeatedIdentities): string {
  const names = identityKeyNames(pipeline);
  const same = identityKeysOf(pipeline, 'daybreak_distinct').map(
    (value, index) => `${value} IS NOT DISTINCT FROM daybreak_repeated.${names[index] ?? ''}`,
  );
  return `SELECT daybreak_distinct.* FROM (${events}) AS daybreak_distinct
    ANTI JOIN (FROM ${parquetSql(path)} WHERE ${FIRST} < ${literal(hour)}) AS daybreak_repeated
    ON ${same.join(' AND ')}`;
}

/** SQL that is true if the records of two tables have the same identity; nulls are equal. */
export function sameIdentity(one: string, other: string, identity: readonly string[]): string {
  return identity.map((name) => `${one}.${quoted(name)} IS NOT DISTINCT FROM ${other}.${quoted(name)}`).join(' AND ');
}
