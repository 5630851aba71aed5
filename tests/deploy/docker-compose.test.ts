import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = resolve(__dirname, '../..');

const buildSchema = z.union([
  z.string().transform((folder) => ({ context: folder, dockerfile: 'Dockerfile' })),
  z.strictObject({ context: z.string(), dockerfile: z.string() }),
]);
const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string().optional(),
      build: buildSchema.optional(),
      ports: z.array(z.string()).default([]),
      volumes: z.array(z.string()).default([]),
      depends_on: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).default([]),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
});

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const compose = composeSchema.parse(parse(read('docker-compose.yml'), { merge: true }));
const services = Object.entries(compose.services);
const dockerfiles = services.flatMap(([, { build }]) => (build ? [join(build.context, build.dockerfile)] : []));

test('the whole pipeline is there', () => {
  expect(Object.keys(compose.services)).toEqual(
    expect.arrayContaining(['fluentd', 'kafka', 'temporal', 'zookeeper', 'turnilo', 'worker', 'druid-indexer']),
  );
});

test('every published port is bound to 127.0.0.1', () => {
  const ports = services.flatMap(([, service]) => service.ports);
  expect(ports.length).toBeGreaterThan(5);
  expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
});

test('every image is pinned to a version', () => {
  const images = [
    ...services.flatMap(([, { image }]) => image ?? []),
    ...dockerfiles.map((file) => /^FROM (\S+)/m.exec(read(file))?.[1] ?? `${file} has no FROM`),
  ];
  expect(images.filter((image) => !/:v?\d+\.\d+\.\d+/.test(image))).toEqual([]);
});

test('every mounted file and every volume exists, and every service has an image or a Dockerfile', () => {
  for (const [name, { image, build, volumes }] of services) {
    expect([name, image !== undefined || build !== undefined]).toEqual([name, true]);
    for (const volume of volumes) {
      const source = volume.split(':')[0]!;
      const there = source.startsWith('.') ? existsSync(join(ROOT, source)) : source in compose.volumes;
      expect([name, volume, there]).toEqual([name, volume, true]);
    }
  }
});

test('every service that another waits for exists', () => {
  for (const [, { depends_on: dependencies }] of services) {
    const names = Array.isArray(dependencies) ? dependencies : Object.keys(dependencies);
    expect(names.filter((name) => !(name in compose.services))).toEqual([]);
  }
});

test('fluentd writes the topic and the files that pipelines/events reads', () => {
  const fluentd = read('deploy/fluentd/fluent.conf');
  const pipeline = z
    .object({ kafka: z.object({ topic: z.string() }), files: z.object({ pattern: z.string() }) })
    .parse(parse(read('pipelines/events/pipeline.yaml')));
  expect(fluentd).toContain(`default_topic ${pipeline.kafka.topic}\n`);
  const path = /^ *path (\S*%Y\S*)$/m.exec(fluentd)?.[1] ?? '';
  expect(dirname(path)).toBe('/daybreak/data/events/input');
  expect(`${path.slice(dirname(path).length + 1)}*.json`).toBe(pipeline.files.pattern);
  expect(fluentd).toMatch(/^ *tag info$[\s\S]*^<match info>$/m);
});
