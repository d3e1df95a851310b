/** The model of a gossip peer in its state folder, so that it goes on where it was after a restart. */
import { join } from 'node:path';
import { z } from 'zod';
import { isMurmurError } from '../../shared/errors.ts';
import type { Digest, TaskId } from '../../shared/ids.ts';
import type { Logger } from '../../shared/logger.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../shared/tensors/checkpoint.ts';
import { createParameters, type Layout } from '../../shared/tensors/layout.ts';
import { readIfThere, writeWhole } from './identity-file.ts';

export interface KeptModel {
  readonly round: number;
  readonly parameters: Float32Array;
}

export interface PeerModelFile {
  /** null: there is none, or it is of another task or damaged, and the peer begins anew. @throws storage_failed */
  load(): Promise<KeptModel | null>;
  /** @throws storage_failed */
  save(model: KeptModel): Promise<void>;
}

const Round = z.coerce.number().int().nonnegative();

export function openPeerModelFile(folder: string, { task, swarm, layout, logger }: { readonly task: TaskId; readonly swarm: Digest; readonly layout: Layout; readonly logger: Logger }): PeerModelFile {
  const path = join(folder, `gossip-${task}.safetensors`);
  return {
    async load() {
      const bytes = await readIfThere(path);
      if (bytes === null) return null;
      try {
        const { parameters, metadata } = decodeCheckpoint(bytes, layout);
        const round = Round.safeParse(metadata.round);
        if (metadata.swarm !== swarm || !round.success) return null;
        // What was read belongs to nobody else.
        return { round: round.data, parameters: parameters.values.slice() };
      } catch (thrown) {
        if (!isMurmurError(thrown)) throw thrown;
        logger.warn({ path, err: thrown }, 'the model that was kept cannot be used; the peer begins anew');
        return null;
      }
    },
    save: ({ round, parameters }) => writeWhole(path, encodeCheckpoint(createParameters(layout, parameters), { swarm, round: String(round) })),
  };
}
