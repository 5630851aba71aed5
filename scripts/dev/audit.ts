import { spawnSync } from 'node:child_process';
import * as z from 'zod';

export interface Audit {
  /** Whether the check lets the build pass. */
  readonly passes: boolean;
  /** One line that says what was found, or that nothing was checked. */
  readonly line: string;
}

const severity = z.object({ high: z.number(), critical: z.number(), moderate: z.number(), low: z.number() });
const reportSchema = z.object({
  vulnerabilities: z.record(z.string(), z.object({ name: z.string(), severity: z.string() })),
  metadata: z.object({ vulnerabilities: severity, dependencies: z.object({ total: z.number() }) }),
});
const refusalSchema = z.object({ message: z.string() });

/**
 * Searches the registry's advisories for the dependencies that run in production. High and critical advisories fail. If
 * the registry offers no advisories or is out of reach, nothing was checked: the line says so.
 */
export function auditDependencies(): Audit {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=1'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  });
  return readAudit(stdout);
}

/** Reads the JSON of `npm audit`. */
export function readAudit(output: string): Audit {
  const answer = parsed(output);
  const report = reportSchema.safeParse(answer).data;
  if (report === undefined) {
    const refusal = refusalSchema.safeParse(answer).data;
    return refusal === undefined
      ? { passes: false, line: `audit: FAILED: npm gave no report: ${output.slice(0, 200)}` }
      : { passes: true, line: `audit: NOT CHECKED: the registry offers no advisories (${refusal.message})` };
  }
  const { vulnerabilities, dependencies } = report.metadata;
  const bad = Object.values(report.vulnerabilities).filter((one) => /^(high|critical)$/.test(one.severity));
  const counts = Object.entries(vulnerabilities).map(([name, count]) => `${count} ${name}`);
  const named = bad.length === 0 ? '' : `: ${bad.map((one) => `${one.name} (${one.severity})`).join(', ')}`;
  return {
    passes: vulnerabilities.high + vulnerabilities.critical === 0,
    line: `audit: ${counts.join(', ')} in ${dependencies.total} dependencies${named}`,
  };
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}
