import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { shippedPackages } from './pack/shipped-packages';

export interface Audit {
  /** Whether the check lets the build pass. */
  readonly passes: boolean;
  /** One line that says what was found, or that nothing was checked. */
  readonly line: string;
}

const SEVERITIES = ['high', 'critical', 'moderate', 'low'] as const;
const reportSchema = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({ name: z.string(), severity: z.string(), nodes: z.array(z.string()) }),
  ),
});
const refusalSchema = z.object({ message: z.string() });

/**
 * Searches the registry's advisories for the packages whose code users run. High and critical advisories fail. If the
 * registry offers no advisories or is out of reach, nothing was checked: the line says so.
 */
export function auditDependencies(): Audit {
  // Not --omit=dev: most of what users run is bundled, so that npm counts it as a dependency of development.
  const { stdout } = spawnSync('npm', ['audit', '--json', '--fetch-retries=1'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return readAudit(stdout, shippedPackages(readFileSync('package-lock.json', 'utf8')));
}

/** Reads the JSON of `npm audit`. `shipped` are the paths of the packages that count. */
export function readAudit(output: string, shipped: ReadonlySet<string>): Audit {
  const answer = parsed(output);
  const report = reportSchema.safeParse(answer).data;
  if (report === undefined) {
    const refusal = refusalSchema.safeParse(answer).data;
    return refusal === undefined
      ? { passes: false, line: `audit: FAILED: npm gave no report: ${output.slice(0, 200)}` }
      : { passes: true, line: `audit: NOT CHECKED: the registry offers no advisories (${refusal.message})` };
  }
  const found = Object.values(report.vulnerabilities).filter(({ nodes }) => nodes.some((path) => shipped.has(path)));
  const bad = found.filter(({ severity }) => severity === 'high' || severity === 'critical');
  const counts = SEVERITIES.map((level) => `${found.filter(({ severity }) => severity === level).length} ${level}`);
  const named = bad.length === 0 ? '' : `: ${bad.map((one) => `${one.name} (${one.severity})`).join(', ')}`;
  return { passes: bad.length === 0, line: `audit: ${counts.join(', ')} in ${shipped.size} packages${named}` };
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}
