// A process of its own, which trial.ts starts: runs SQL, and ends itself before it takes more than it was given. DuckDB's own
// limit does not count what functions take, and a call that runs cannot be interrupted.
import { writeSync } from 'node:fs';
import { json } from 'node:stream/consumers';
import { DuckDBInstance } from '@duckdb/node-api';

const { setup, tried, memory, resident, seconds } = await json(process.stdin);
setInterval(() => {
  const { user, system } = process.cpuUsage();
  if (user + system > seconds * 1e6) end('time');
  if (process.memoryUsage.rss() > resident) end('memory');
}, 10);

const instance = await DuckDBInstance.create(':memory:', {
  ...{ threads: '1', memory_limit: `${memory}B`, temp_directory: '', autoinstall_known_extensions: 'false' },
});
const connection = await instance.connect();
for (const sql of setup) await connection.run(sql);
try {
  for (const sql of tried) await connection.run(sql);
} catch (thrown) {
  // Any other error the check meets too, and says where it is.
  if (/Out of Memory/.test(String(thrown))) end('memory');
}
end('passed');

function end(outcome) {
  writeSync(1, outcome);
  process.kill(process.pid, 'SIGKILL');
}
