export interface RunningServer {
  /** host:port for its clients. */
  readonly address: string;
  /** Whether its process has ended. */
  isOver(): boolean;
  stop(): Promise<void>;
}
