/** Keeps a file up to date with the model that an agent can use itself. */
import { writeWhole } from '../client/node/identity-file.ts';
import type { OwnModel } from '../client/edge/own-models.ts';
import { toErrorBody } from '../shared/errors.ts';
import { encodeCheckpoint } from '../shared/tensors/checkpoint.ts';
import type { Output } from './output.ts';

export interface PersonalExport {
  /** Writes what `read` gives; where writes come faster than the disk takes them, the newest alone. */
  write(read: () => Promise<OwnModel | null>): void;
  /** Resolves once all is written. */
  settled(): Promise<void>;
}

/** A failure is told as an event, and ends nothing: the agent learns on. */
export function personalExport(path: string, output: Output): PersonalExport {
  let wanted: (() => Promise<OwnModel | null>) | null = null;
  let writing: Promise<void> = Promise.resolve();
  let busy = false;

  async function writeAll(): Promise<void> {
    while (wanted !== null) {
      const read = wanted;
      wanted = null;
      try {
        const own = await read();
        if (own === null) continue;
        const { task, version, personal, parameters } = own;
        await writeWhole(path, encodeCheckpoint(parameters, { task, version: String(version), personal: String(personal) }));
        output.event({ event: 'exported', task, version, personal, path }, `${personal ? `This edge’s own model for ${task}, made of version ${version},` : `Version ${version} of ${task}`} is in ${path}.`);
      } catch (thrown) {
        const error = toErrorBody(thrown);
        output.event({ event: 'error', error }, `The model was not written to ${path}: ${error.message}`);
      }
    }
    busy = false;
  }

  return {
    write(read) {
      wanted = read;
      if (busy) return;
      busy = true;
      writing = writeAll();
    },
    settled: () => writing,
  };
}
