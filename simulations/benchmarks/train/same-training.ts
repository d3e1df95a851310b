/** Whether two sides have trained the same: a benchmark that compares other work than ours is worth nothing. */
import { MurmurError } from '../../../shared/errors.ts';
import type { TrainedTurn } from './orders.ts';

/** Of the loss, relative. Sums in another order, over tens of steps, come nowhere near. */
const TOLERANCE = 1e-3;

/**
 * Compares the mean losses of the epochs that both have trained and, where both have trained as many steps, how far
 * their weights have moved.
 * @throws internal saying what differs
 */
export function requireSameTraining(name: string, ours: TrainedTurn, theirs: TrainedTurn): void {
  const stepsInEpoch = [ours, theirs].map(({ steps, losses }) => steps / losses.length);
  if (ours.losses.length === 0 || stepsInEpoch[0] !== stepsInEpoch[1]) {
    throw new MurmurError('internal', `${name} has trained ${theirs.steps} steps in ${theirs.losses.length} epochs, we ${ours.steps} in ${ours.losses.length}: nothing to compare`);
  }
  const differs = (a: number, b: number): boolean => !(Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b)));
  const epochs = Math.min(ours.losses.length, theirs.losses.length);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const [own, other] = [ours.losses[epoch], theirs.losses[epoch]];
    if (differs(own, other)) throw new MurmurError('internal', `${name} trains something else: a mean loss of ${other} in epoch ${epoch + 1} from the same weights on the same batches, ours is ${own}`);
  }
  if (ours.steps === theirs.steps && differs(ours.moved, theirs.moved)) {
    throw new MurmurError('internal', `${name} trains something else: its weights have moved by ${theirs.moved} in ${theirs.steps} steps, ours by ${ours.moved}`);
  }
}
