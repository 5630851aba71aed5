import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { cached } from '../../../scripts/stack/fetch/cache';
import { findGo } from '../../../scripts/stack/fetch/tools';

const SOURCE = join(__dirname, '../compose-parser');
const run = promisify(execFile);

const serviceSchema = z.object({
  image: z.string().optional(),
  build: z
    .object({ context: z.string(), dockerfile: z.string().default('Dockerfile'), target: z.string().optional() })
    .optional(),
  command: z.array(z.string()).nullish(),
  entrypoint: z.array(z.string()).nullish(),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  healthcheck: z.object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  deploy: z
    .object({
      resources: z.object({ limits: z.object({ cpus: z.number().optional(), memory: z.string().optional() }) }),
    })
    .optional(),
  restart: z.string().default('no'),
  stop_grace_period: z.string().optional(),
  networks: z.record(z.string(), z.unknown()).default({}),
  ports: z.array(z.object({ host_ip: z.string().optional(), published: z.string().optional() })).default([]),
  volumes: z
    .array(
      z.object({ type: z.string(), source: z.string(), target: z.string(), read_only: z.boolean().default(false) }),
    )
    .default([]),
  secrets: z.array(z.object({ source: z.string() })).default([]),
  profiles: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  security_opt: z.array(z.string()).default([]),
  cap_drop: z.array(z.string()).default([]),
});

const answerSchema = z.object({
  project: z.object({
    services: z.record(z.string(), serviceSchema),
    networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
    secrets: z.record(z.string(), z.object({ environment: z.string().optional() })).default({}),
  }),
  variables: z.record(z.string(), z.object({ DefaultValue: z.string(), Required: z.boolean() })),
});

export type Service = z.infer<typeof serviceSchema>;
export type Project = z.infer<typeof answerSchema>['project'];
export type ComposeFile = z.infer<typeof answerSchema>;

/** Reads a compose file with Compose's own parser and these variables alone. Rejects with the parser's message. */
export async function parseCompose(text: string, environment: Record<string, string>): Promise<ComposeFile> {
  const key = JSON.stringify([text, environment]);
  const answer = answers.get(key) ?? answerOf(text, environment);
  answers.set(key, answer);
  return answerSchema.parse(JSON.parse(await answer));
}

/** The parser's answers by file and variables, because most tests change another file. */
const answers = new Map<string, Promise<string>>();

async function answerOf(text: string, environment: Record<string, string>): Promise<string> {
  const parser = await composeParser();
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-compose-'));
  try {
    const file = join(folder, 'docker-compose.yml');
    writeFileSync(file, text);
    return (await run(parser, [file], { env: environment, cwd: folder, maxBuffer: 16 * 1024 ** 2 })).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The parser's path. Go builds it once, which takes minutes. Its dependencies are those of go.sum. */
export async function composeParser(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(join(SOURCE, file)));
  const folder = await cached(`compose-parser-${hash.digest('hex').slice(0, 16)}`, async (staging) => {
    const go = await findGo('the parser of Compose files');
    await run(
      go,
      [
        'build',
        '-C',
        SOURCE,
        '-mod=readonly',
        '-trimpath',
        '-buildvcs=false',
        '-o',
        join(staging, 'compose-parser'),
        '.',
      ],
      {
        env: { ...process.env, CGO_ENABLED: '0' },
      },
    );
  });
  return join(folder, 'compose-parser');
}
