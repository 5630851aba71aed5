import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Properties = Readonly<Record<string, string | number | boolean>>;

const DEPLOY = join(__dirname, '../../../deploy');

/** The settings that the local stack and the containers share. `file` is relative to deploy/, such as 'kafka/server.properties'. */
export function sharedProperties(file: string): Record<string, string> {
  return parseProperties(readFileSync(join(DEPLOY, file), 'utf8'), `deploy/${file}`);
}

/**
 * Reads the part of Java's format that every reader reads the same way: one `key=value` a line, empty lines, and
 * comments. Throws, with file and line, at escapes, at continued lines, and if a key comes twice.
 */
export function parseProperties(text: string, file: string): Record<string, string> {
  const properties: Record<string, string> = {};
  text.split('\n').forEach((line, index) => {
    if (/^\s*(#|$)/.test(line)) return;
    const [, key, value] = /^([\w.]+)=([^\\]*)$/.exec(line) ?? [];
    const where = `${file}:${index + 1}`;
    if (key === undefined || value === undefined) throw new Error(`${where} is not key=value: ${line}`);
    if (key in properties) throw new Error(`${where} sets ${key} again`);
    properties[key] = value;
  });
  return properties;
}
