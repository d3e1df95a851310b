/** How a simulated swarm's peer trains, whichever of its processes does it: it takes its time, may hang, and now and then gives nonsense. */
import type { Trainer } from '../../../shared/model/trainer.ts';
import type { RandomSource } from '../../../shared/random.ts';
import type { Layout } from '../../../shared/tensors/layout.ts';
import { faultsOf } from '../fault.ts';
import type { Host } from '../host.ts';
import type { RunContext } from '../run-context.ts';
import type { SwarmSchedule } from './swarm-schedule.ts';
import { createSwarmTrainer } from './swarm-world.ts';

export interface PeerTrainingOptions {
  readonly number: number;
  readonly run: RunContext<SwarmSchedule>;
  readonly layout: Layout;
  /** How long each training takes. */
  readonly pace: RandomSource;
}

/** The trainer of one process. @param onTrained when a training has ended there */
export type PeerTraining = (host: Host, onTrained: () => void) => Trainer;

export function createPeerTraining({ number, run, layout, pace }: PeerTrainingOptions): PeerTraining {
  const { schedule: { world, faults }, struck } = run;
  const nonsense = faultsOf(faults, 'nonsense').filter(({ peer }) => peer === number);
  const hangs = faultsOf(faults, 'hang').filter(({ peer }) => peer === number);
  /** Of all its processes. */
  let trainings = 0;

  return (host, onTrained) => {
    const plain = createSwarmTrainer(number, layout);
    let wrong: (typeof nonsense)[number] | undefined;
    return {
      ...plain,
      async train(options) {
        const nth = ++trainings;
        wrong = nonsense.find((one) => one.nth === nth);
        const hang = hangs.find((one) => one.nth === nth);
        if (hang) struck('hang');
        const takes = world.leastTrainingMs + pace.next() * Math.max(0, world.mostTrainingMs - world.leastTrainingMs) + (hang?.ms ?? 0);
        await new Promise<void>((resolve, reject) => {
          const onAbort = (): void => {
            cancel();
            reject(options.signal?.reason as Error);
          };
          const cancel = host.clock.after(takes, () => {
            options.signal?.removeEventListener('abort', onAbort);
            resolve();
          });
          options.signal?.addEventListener('abort', onAbort, { once: true });
        });
        const result = await plain.train(options);
        onTrained();
        return result;
      },
      async read() {
        const weights = await plain.read();
        if (!wrong) return weights;
        struck('nonsense');
        weights[wrong.place === 'first' ? 0 : weights.length - 1] = wrong.value === 'nan' ? Number.NaN : Infinity;
        return weights;
      },
    };
  };
}
