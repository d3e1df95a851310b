/** What each platform has to give its event loop a turn with. */
export interface Turns {
  /** Resolves once timers, sockets and messages that were due have been seen to. */
  next(): Promise<void>;
  /** Nothing is awaited any more. */
  close(): void;
}
