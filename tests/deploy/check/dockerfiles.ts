import { join } from 'node:path';
import { ASSETS } from '../../../scripts/dev/pack/layout';
import { type Check, isThere, textOf } from './deployment';
import { isPinned } from './services';

/** Packages that a Dockerfile names itself, with their versions. */
const INSTALLED = [
  { manager: 'npm', pattern: /npm install([^\n&|]*)/g, pinned: /^(@?[^@]+)@\d+\.\d+\.\d+$/ },
  { manager: 'gem', pattern: /gem install([^\n&|]*)/g, pinned: /^[^:]+:\d+\.\d+\.\d+$/ },
] as const;

/** What the worker's settings may ask of its Node: `output.compression: zstd` needs 22.15. Those before have no support. */
const LEAST_NODE = 22;

export const checkDockerfiles: Check = (deployment) => {
  const problems: string[] = [];
  for (const [name, { build }] of Object.entries(deployment.compose.project.services)) {
    if (build === undefined) continue;
    const path = join(build.context, build.dockerfile);
    if (!deployment.files.has(path)) {
      problems.push(`${name} is built from ${path}, which there is not`);
      continue;
    }
    problems.push(...problemsOf(textOf(deployment, path), path));
    const stages = stagesOf(textOf(deployment, path)).map(({ as }) => as);
    if (build.target !== undefined && !stages.includes(build.target)) {
      problems.push(`${name} is built from the stage ${build.target}, which ${path} has not`);
    }
    for (const source of copied(textOf(deployment, path))) {
      const there = source === '.' || isThere(deployment.files, join(build.context, source));
      if (!there) problems.push(`${path} copies ${source}, which there is not`);
    }
  }
  return [...new Set(problems), ...ignored(deployment)];
};

function problemsOf(dockerfile: string, path: string): string[] {
  const stages = stagesOf(dockerfile);
  const names = stages.map(({ as }) => as);
  const unpinned = stages
    .filter(({ from }) => !names.includes(from) && !isPinned(from))
    .map(({ from }) => `${path} is built on ${from}, which is not pinned to a version`);
  const old = stages
    .filter(({ from }) => Number(/^node:(\d+)/.exec(from)?.[1] ?? LEAST_NODE) < LEAST_NODE)
    .map(({ from }) => `${path} is built on ${from}, a Node before ${LEAST_NODE}`);
  const packages = INSTALLED.flatMap(({ manager, pattern, pinned }) =>
    [...dockerfile.matchAll(pattern)]
      .flatMap(([, words = '']) => words.split(/\s+/).filter((word) => word !== '' && !word.startsWith('-')))
      .filter((word) => !pinned.test(word))
      .map((word) => `${path} has ${manager} install ${word}, which is not pinned to a version`),
  );
  // With --require-hashes pip refuses what a file of requirements does not pin.
  const unhashed = dockerfile
    .replaceAll(/\\\n/g, '')
    .split(/&&|\n/)
    .filter((command) => /\bpip install\b/.test(command) && !/--require-hashes.* --requirement /.test(command))
    .map(() => `${path} has a pip install without hashes`);
  const root = /^USER /m.test(dockerfile) ? [] : [`${path} runs as root`];
  return [...unpinned, ...old, ...packages, ...unhashed, ...root];
}

function stagesOf(dockerfile: string): { from: string; as: string }[] {
  return [...dockerfile.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)].map(([, from = '', as = '']) => ({ from, as }));
}

function copied(dockerfile: string): string[] {
  return [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap(([, words = '']) => words.split(' ').slice(0, -1));
}

const SOURCES = ['activities', 'clients', 'domain', 'engines', 'scripts', 'worker', 'workflows'];
const PACKED = [
  ...SOURCES,
  ...ASSETS,
  'docs/pipeline.schema.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

/** Files of the package that .dockerignore keeps out of the worker's image, which is made of it. */
function ignored(deployment: Parameters<Check>[0]): string[] {
  const through = textOf(deployment, '.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const sources = copied(textOf(deployment, 'deploy/worker/Dockerfile')).filter((source) => source !== '.');
  return [...new Set([...PACKED, ...sources])]
    .filter((name) => !through.some((path) => name === path || name.startsWith(`${path}/`)))
    .map((name) => `.dockerignore keeps ${name} out of the worker's image`);
}
