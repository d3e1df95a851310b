/** Reads what the device says of itself now. One implementation a platform; the session asks before each check-in. */
import type { Conditions } from '../../shared/task/conditions.ts';

export interface ConditionsReader {
  /** Never throws: what cannot be read is `unknown`. */
  read(): Promise<Conditions>;
}
