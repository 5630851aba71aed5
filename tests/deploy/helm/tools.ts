import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { goInstalled } from '../../../scripts/stack/fetch/go-install';
import { pipInstalled } from '../../../scripts/stack/fetch/pip-install';
import { findPython } from '../../../scripts/stack/fetch/tools';
import { silentProgress } from '../../../scripts/stack/progress';

const HELM = { title: 'helm 4.3.1', module: 'helm.sh/helm/v4/cmd/helm@v4.3.1', packages: 940 };
const REQUIREMENTS = join(__dirname, 'requirements.txt');
/** The schemas of kubernetes-validate in requirements.txt have this version of Kubernetes, and older ones. */
const KUBERNETES = '1.37';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<Ended> {
  return new Promise((ended) => {
    const options = { env: environment, maxBuffer: 16 * 1024 ** 2 };
    const child = execFile(command, args, options, (_error, stdout, stderr) => {
      ended({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** The path of Helm. Go builds it the first time, which takes minutes. */
export function helmProgram(): Promise<string> {
  return goInstalled(HELM, silentProgress);
}

/** Runs Helm without a configuration, and without a cluster. */
export async function helm(args: readonly string[]): Promise<Ended> {
  const program = await helmProgram();
  const home = await mkdtemp(join(tmpdir(), 'daybreak-helm-'));
  try {
    return await run(program, args, { PATH: dirname(program), HOME: home });
  } finally {
    await rm(home, { recursive: true });
  }
}

/** The folder with kubernetes-validate. pip fetches it the first time. */
async function validator(python: string): Promise<string> {
  const { stdout } = await run(python, ['-c', 'import sysconfig; print(sysconfig.get_python_version())']);
  const hash = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 16);
  return pipInstalled(`kubernetes-validate-${stdout.trim()}-${hash}`, python, {
    what: 'the schemas of Kubernetes',
    size: '25 MB',
    requirements: REQUIREMENTS,
  });
}

/** What Kubernetes' own schemas have against the manifests, a line each. Unknown fields are refused, too. */
export async function schemaProblems(manifests: string): Promise<string[]> {
  const python = await findPython();
  const PYTHONPATH = await validator(python);
  const folder = await mkdtemp(join(tmpdir(), 'daybreak-manifests-'));
  try {
    const file = join(folder, 'manifests.yaml');
    await writeFile(file, manifests);
    const args = ['-m', 'kubernetes_validate', '--strict', '--kubernetes-version', KUBERNETES, file];
    const { stdout, stderr, code } = await run(python, args, { ...process.env, PYTHONPATH });
    const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('INFO '));
    return code === 0 || lines.length > 0 ? lines : [`kubernetes-validate ended with ${code}`];
  } finally {
    await rm(folder, { recursive: true });
  }
}
