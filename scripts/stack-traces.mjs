import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { types } from 'node:util';
import { entriesOf, entryAt } from './source-map.mjs';

/** A place in a bundle, or in a package's file that is named like one: path or address, line and column. */
const PLACE = /((?:file:\/\/)?\/[^():]+\.[cm]js):(\d+):(\d+)/g;
/** Source maps by the path of the bundle, as long as somebody looks at stack traces: that of the program takes 12 MB. */
const maps = new Map();

/**
 * Makes stack traces name the sources and not the bundle. `process.setSourceMapsEnabled` does so too, but Node then reads
 * the source map of each file that it loads: that was a seventh of the time of a command. This reads it for the first
 * stack trace that somebody looks at. Node's `SourceMap` would then keep ten times as much memory.
 */
export function nameSourcesInStackTraces() {
  Error.prepareStackTrace = (error, frames) => {
    const shown = isForeign(error) ? String : (frame) => String(frame).replace(PLACE, sourceOf);
    return [titleOf(error), ...frames.map((frame) => `    at ${shown(frame)}`)].join('\n');
  };
}

/** Of another context. Temporal's SDK makes one each time that a worker starts: it tries the code of the workflows. */
function isForeign(error) {
  try {
    return types.isNativeError(error) && !(error instanceof Error);
  } catch {
    return false;
  }
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
  try {
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    const map = mapOf(path);
    // Lines and columns of a stack trace begin at 1, those of a source map at 0.
    const entry = entryAt(map.entries, line - 1, column - 1);
    const name = entry && map.sources[entry.source];
    if (name === undefined) return place; // Code of the bundler itself.
    const source = fileURLToPath(new URL(name, pathToFileURL(path)));
    return `${source}:${entry.line + 1}:${entry.column + 1}`;
  } catch {
    // It has no source map, or one that is damaged or of no use. Whoever looks wants to see another error than that.
    return place;
  }
}

/** Throws if there is none that can be read. */
function mapOf(path) {
  const held = maps.get(path)?.deref();
  if (held !== undefined) return held;
  const { mappings, sources } = JSON.parse(readFileSync(`${path}.map`, 'utf8'));
  const map = { entries: entriesOf(mappings), sources };
  maps.set(path, new WeakRef(map));
  return map;
}
