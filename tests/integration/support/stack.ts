import { portsFrom, type Ports } from '../../../domain/ports';

export interface TestStack {
  readonly portBase: number;
  readonly ports: Ports;
}

/**
 * The real servers that all integration tests of a run share. The global setup has started them, so that readConfig()
 * and every child process find them by DAYBREAK_PORT_BASE. Use topic, datasource and workflow names of your own.
 */
export function useStack(): TestStack {
  const portBase = Number(process.env['DAYBREAK_PORT_BASE']);
  if (Number.isNaN(portBase)) throw new Error('DAYBREAK_PORT_BASE is not set: is the global setup in jest.config.mjs?');
  return { portBase, ports: portsFrom(portBase) };
}
