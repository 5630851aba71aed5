/** The range of ports that a user may choose. Ports below it need rights, and a stack takes 13 from the chosen one on. */
export const LEAST_PORT = 1024;
export const MOST_PORT = 65_000;

/** The port of each server of the local stack, all on 127.0.0.1. */
export interface Ports {
  readonly temporal: number;
  readonly temporalUi: number;
  readonly kafka: number;
  readonly kafkaController: number;
  readonly zooKeeper: number;
  readonly druidCoordinator: number;
  readonly druidBroker: number;
  readonly druidHistorical: number;
  readonly druidIndexer: number;
  readonly derby: number;
  /** Prometheus metrics; the worker's health is at the next port. */
  readonly worker: number;
  readonly s3: number;
}

/** The default ports from each server's own documentation. */
export const STANDARD_PORTS: Ports = {
  temporal: 7233,
  temporalUi: 8233,
  kafka: 9092,
  kafkaController: 9093,
  zooKeeper: 2181,
  druidCoordinator: 8081,
  druidBroker: 8082,
  druidHistorical: 8083,
  druidIndexer: 8091,
  derby: 1527,
  worker: 9464,
  s3: 7070,
};

/** The standard ports, or consecutive ones from `base` on, so that two stacks can run side by side. */
export function portsFrom(base: number | undefined): Ports {
  if (base === undefined) return STANDARD_PORTS;
  return {
    temporal: base,
    temporalUi: base + 1,
    kafka: base + 2,
    kafkaController: base + 3,
    zooKeeper: base + 4,
    druidCoordinator: base + 5,
    druidBroker: base + 6,
    druidHistorical: base + 7,
    druidIndexer: base + 8,
    derby: base + 9,
    worker: base + 10,
    s3: base + 12,
  };
}
