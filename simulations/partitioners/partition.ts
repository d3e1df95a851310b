/** How examples are dealt out to clients. A partition is one list of indices a client; every example stands in exactly one. */
import { MurmurError } from '../../shared/errors.ts';

/** Indices of each client's examples, ascending. */
export type Partition = readonly Int32Array[];

/** @throws bad_config where the examples do not suffice. */
export function requireParts(size: number, parts: number, minimum: number): void {
  if (!Number.isSafeInteger(parts) || parts < 1) throw new MurmurError('bad_config', `parts is ${parts}; a positive integer is needed`);
  if (!Number.isSafeInteger(minimum) || minimum < 0) throw new MurmurError('bad_config', `the minimum is ${minimum}; an integer from 0 is needed`);
  if (size < parts * minimum) throw new MurmurError('bad_config', `${size} examples cannot give ${parts} parts ${minimum} each: take fewer parts or a smaller minimum`);
}
