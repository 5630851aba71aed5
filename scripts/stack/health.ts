import { messageOf } from '../../domain/errors';
import { artifactsOf } from './fetch/artifacts';
import { runningPid } from './processes';
import { silentProgress } from './progress';
import { startedServersOf } from './servers';
import { logFile, stackOf, type Server, type ServerName, type Stack, type StackOptions } from './stack';

export interface ServerHealth {
  readonly name: ServerName;
  readonly title: string;
  readonly port: number;
  /** `starting`: its process runs but does not answer as it should. `detail` says why. */
  readonly state: 'up' | 'starting' | 'down';
  readonly pid?: number;
  readonly url: string;
  readonly detail: string;
}

/** The state of each server of the local stack. Servers that this stack did not start are not checked. */
export async function stackHealth(options: StackOptions = {}): Promise<ServerHealth[]> {
  const stack = stackOf(options);
  return Promise.all(startedServersOf(stack, artifactsOf(silentProgress)).map((server) => serverHealth(stack, server)));
}

async function serverHealth(stack: Stack, server: Server): Promise<ServerHealth> {
  const { name, title, port, url } = server;
  const pid = await runningPid(stack, server);
  if (pid === undefined) {
    return { name, title, port, url, state: 'down', detail: `not running; its log is ${logFile(stack, name)}` };
  }
  const running = { name, title, port, url, pid };
  try {
    await server.check();
    return { ...running, state: 'up', detail: 'healthy' };
  } catch (error) {
    return { ...running, state: 'starting', detail: messageOf(error) };
  }
}
