import { resolve } from 'node:path';
import { DaybreakError } from '../../domain/errors';

export interface LocalLocation {
  readonly kind: 'local';
  /** Absolute. */
  readonly folder: string;
}

export interface S3Location {
  readonly kind: 's3';
  readonly bucket: string;
  /** Empty, or ends with '/'. */
  readonly prefix: string;
}

export interface WebHdfsLocation {
  readonly kind: 'webhdfs';
  /** As it was written. Messages show it. */
  readonly scheme: 'hdfs' | 'webhdfs' | 'swebhdfs';
  /** host or host:port; for hdfs:// also the name of a cluster with several NameNodes. */
  readonly authority: string;
  /** Absolute, without '/' at its end; empty for the root. */
  readonly path: string;
}

export type StorageLocation = LocalLocation | S3Location | WebHdfsLocation;

const S3 = /^s3[an]?:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,254})(?:\/(.*))?$/s;
const HDFS = /^(hdfs|webhdfs|swebhdfs):\/\/([A-Za-z0-9._-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?)(\/.*)?$/s;
const REST = /^(https?):\/\/([^/@?#]+)\/webhdfs\/v1(\/[^?#]*)?$/s;

/**
 * The location of files, from a setting: `s3://bucket/prefix` (s3a:// as well), `hdfs://host:port/path`,
 * `webhdfs://host:port/path`, `swebhdfs://…` for HTTPS, `http(s)://host:port/webhdfs/v1/path`, or a folder, absolute or
 * relative to `from`. Names are taken as written, without unescaping. Throws BAD_CONFIGURATION.
 */
export function locationOf(text: string, from = process.cwd()): StorageLocation {
  const s3 = S3.exec(text);
  if (s3?.[1] !== undefined) return { kind: 's3', bucket: s3[1], prefix: asPrefix(s3[2] ?? '', text) };
  const hdfs = HDFS.exec(text);
  if (hdfs?.[1] !== undefined && hdfs[2] !== undefined) {
    const scheme = hdfs[1] === 'hdfs' || hdfs[1] === 'webhdfs' ? hdfs[1] : 'swebhdfs';
    return { kind: 'webhdfs', scheme, authority: hdfs[2], path: asPath(hdfs[3] ?? '', text) };
  }
  const rest = REST.exec(text);
  if (rest?.[2] !== undefined) {
    const scheme = rest[1] === 'https' ? 'swebhdfs' : 'webhdfs';
    return { kind: 'webhdfs', scheme, authority: rest[2], path: asPath(rest[3] ?? '', text) };
  }
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) throw badLocation(text, 'is no location that can be read');
  if (text.trim() === '' || text.includes('\0')) throw badLocation(text, 'names no folder');
  return { kind: 'local', folder: resolve(from, text) };
}

/** The location as people write it, without secrets. */
export function locationText(location: StorageLocation): string {
  switch (location.kind) {
    case 'local':
      return location.folder;
    case 's3':
      return `s3://${location.bucket}/${location.prefix}`;
    case 'webhdfs':
      return `${location.scheme}://${location.authority}${location.path === '' ? '/' : location.path}`;
  }
}

function asPrefix(path: string, text: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed === '') return '';
  refuseUnknownParts(trimmed.split('/'), text);
  return `${trimmed}/`;
}

function asPath(path: string, text: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed !== '') refuseUnknownParts(trimmed.slice(1).split('/'), text);
  return trimmed;
}

function refuseUnknownParts(parts: readonly string[], text: string): void {
  if (!parts.some((part) => ['', '.', '..'].includes(part))) return;
  throw badLocation(text, "has an empty part, '.' or '..' in its path");
}

function badLocation(text: string, why: string): DaybreakError {
  return new DaybreakError('BAD_CONFIGURATION', {
    what: `the location '${withoutUser(text)}' ${why}`,
    remedy: 'Write s3://bucket/prefix, hdfs://host:port/path, webhdfs://host:port/path, or a folder.',
  });
}

/** Some people write key and secret before the bucket. */
function withoutUser(text: string): string {
  return text.replace(/^([^:]*:\/\/).*@/s, '$1…@');
}
