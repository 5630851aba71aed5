import { Connection } from '@temporalio/client';
import { mkdir } from 'node:fs/promises';
import type { Artifacts } from '../fetch/artifacts';
import type { Server, Stack } from '../stack';

/** Daybreak's workflows set these, so that the Temporal UI can filter runs by them. */
export const SEARCH_ATTRIBUTES = ['DaybreakPipeline', 'DaybreakDate', 'DaybreakOutcome'] as const;

/** Temporal's development server: one process with a SQLite file and the web UI. */
export function temporal(stack: Stack, artifacts: Artifacts): Server {
  const { ports } = stack;
  const home = `${stack.directory}/temporal`;
  const database = `${home}/temporal.db`;
  return {
    name: 'temporal',
    title: 'Temporal',
    port: ports.temporal,
    otherPorts: [ports.temporalUi],
    url: `http://127.0.0.1:${ports.temporalUi}`,
    after: [],
    stopSeconds: 15,
    mark: database,
    async prepare() {
      await mkdir(home, { recursive: true });
    },
    async launch() {
      return {
        command: await artifacts.temporal(),
        cwd: home,
        args: [
          ...['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'warn'],
          ...['--port', `${ports.temporal}`, '--ui-port', `${ports.temporalUi}`, '--db-filename', database],
          ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
        ],
      };
    },
    async check() {
      const connection = await Connection.connect({ address: `127.0.0.1:${ports.temporal}`, connectTimeout: 2000 });
      try {
        await connection.withDeadline(Date.now() + 5000, async () => {
          const found = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
          const missing = SEARCH_ATTRIBUTES.filter((name) => !(name in found.customAttributes));
          if (missing.length > 0) throw new Error(`search attributes ${missing.join(', ')} are not registered`);
        });
        const ui = await fetch(`http://127.0.0.1:${ports.temporalUi}/healthz`, { signal: AbortSignal.timeout(5000) });
        if (!ui.ok) throw new Error(`the web UI answers ${ui.status}`);
      } finally {
        await connection.close();
      }
    },
  };
}
