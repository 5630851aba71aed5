import { createHash } from 'node:crypto';
import { access, mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { javaVersionText } from './tools';

/**
 * JVM options for an archive of loaded classes beside the jars. It shortens the start of the stack by a third. A server
 * that finds no archive writes one when it ends; `keepClassArchive` then gives it its name.
 */
export async function classArchiveOptions(java: string, jars: string, server: string): Promise<string[]> {
  const version = createHash('sha256')
    .update(await javaVersionText(java))
    .digest('hex')
    .slice(0, 12);
  const archive = `${jars}.classes/${server}-${version}.jsa`;
  const exists = await access(archive).then(
    () => true,
    () => false,
  );
  if (exists) return [`-XX:SharedArchiveFile=${archive}`];
  await mkdir(dirname(archive), { recursive: true });
  return [`-XX:ArchiveClassesAtExit=${archive}.${process.pid}-part`];
}

/** Publishes the archive that a server with this command line wrote when it ended by itself: whole, or not at all. */
export async function keepClassArchive(commandLine: string): Promise<void> {
  const [, part, archive] = /-XX:ArchiveClassesAtExit=((.+?\.jsa)\.\d+-part)/.exec(commandLine) ?? [];
  if (part === undefined || archive === undefined) return;
  // A JVM that had nothing to archive has written no file.
  await rename(part, archive).catch(() => undefined);
}
