/** Whatever runs for a while: started once, stopped once, and leaves no timer or listener behind. */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}
