/** The MurmurError that a call throws or rejects with; fails the test where there is none. */
import { MurmurError } from '../../shared/errors.ts';

export async function thrownBy(call: () => unknown): Promise<MurmurError> {
  try {
    await call();
  } catch (error) {
    if (error instanceof MurmurError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
