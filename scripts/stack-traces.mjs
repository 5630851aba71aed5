import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A place in a bundle of ours: its path or address, line and column. Only a bundle's name ends in .cjs or .mjs. */
const PLACE = /((?:file:\/\/)?\/[^():]+\.[cm]js):(\d+):(\d+)/g;
/** By the path of the bundle; null if it has no readable source map. */
const maps = new Map();

/**
 * Makes stack traces name the sources and not the bundle. `process.setSourceMapsEnabled` does so too, but Node then reads
 * the source map of each file that it loads: that was a seventh of the time of a command. This reads it for the first
 * stack trace that somebody looks at.
 */
export function nameSourcesInStackTraces() {
  Error.prepareStackTrace = (error, frames) =>
    [titleOf(error), ...frames.map((frame) => `    at ${String(frame).replace(PLACE, sourceOf)}`)].join('\n');
}

/** Node's own: an error may have a `toString` that fails. */
function titleOf(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return '<error>';
  }
}

function sourceOf(place, file, line, column) {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  // Lines and columns of a stack trace begin at 1, those of a source map at 0.
  const { originalSource, originalLine, originalColumn } = mapOf(path)?.findEntry(line - 1, column - 1) ?? {};
  if (originalSource === undefined) return place;
  const source = fileURLToPath(new URL(originalSource, pathToFileURL(path)));
  return `${source}:${originalLine + 1}:${originalColumn + 1}`;
}

function mapOf(path) {
  if (!maps.has(path)) maps.set(path, readMap(`${path}.map`));
  return maps.get(path);
}

function readMap(file) {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null; // There is none, or it is damaged. Whoever looks at a stack trace wants to see that of another error.
  }
}
