export interface RunningServer {
  /** The host:port that its clients use. */
  readonly address: string;
  /** Whether its process has ended. */
  isOver(): boolean;
  stop(): Promise<void>;
}
