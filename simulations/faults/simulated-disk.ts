/**
 * A disk in memory that can be made to lie as real ones do: the power goes out between any two steps,
 * it is full, a step fails. It takes the very steps of the live one (`disk-on-files.ts`), on files that
 * remember what was synced.
 */
import { createDiskOnFiles, TEMPORARY_FOLDER } from '../../server/storage/disk-on-files.ts';
import type { Disk } from '../../server/storage/disk.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { FolderMirror } from './folder-mirror.ts';
import { createSimulatedFiles, FILE_STEPS, type FileStep, type SimulatedFiles } from './simulated-files.ts';

export interface SimulatedDisk extends Disk {
  /**
   * Cuts the power. Whatever still runs on this disk fails from now on; the disk returned is what a restart finds:
   * what was not synced is lost, torn at a random byte or garbled, names whose folder was not synced may be old or new.
   */
  crash(): SimulatedDisk;
  /** Kills the process that uses this disk: its later steps fail, and a successor finds all that was written, synced or not. */
  kill(): SimulatedDisk;
  /** The same disk as another process has it, while this one goes on. */
  another(): SimulatedDisk;
  /** Awaited before each step, where it gives a promise: so is a process suspended, and a disk slow. */
  hold(gate: ((step: FileStep) => Promise<void> | null) | null): void;
  /** Removes what half-written files dead processes left, as the live disk does when it is opened. */
  sweep(): Promise<void>;
  /** From now on only so many more bytes can be written: then ENOSPC, with what fitted left in the file. */
  fill(remaining?: number): void;
  /** Space again, without end. */
  free(): void;
  /** The next step of that kind fails; EIO where no code is given. */
  failNext(step: FileStep, code?: string): void;
  /** Called before each step is taken; may call `crash` or `kill`. null: no longer. */
  watch(listener: ((step: FileStep, path: string) => void) | null): void;
  /** Steps taken so far on this disk, by kind. */
  readonly counts: Readonly<Record<FileStep, number>>;
}

export interface SimulatedDiskOptions {
  readonly random: RandomSource;
  readonly root?: string;
  /** A folder that is kept like the disk; what lies there is on the disk from the start. */
  readonly mirror?: FolderMirror | null;
}

export function createSimulatedDisk({ random, root = 'simulated', mirror = null }: SimulatedDiskOptions): SimulatedDisk {
  // Forked, since the first draws of neighbouring seeds are alike and a disk may draw only a few.
  return diskOver(createSimulatedFiles(random.fork('disk'), root, mirror), 0);
}

/** `restarts` keeps the names of temporary files apart, as the live disk does by process. */
function diskOver(files: SimulatedFiles, restarts: number): SimulatedDisk {
  const counts = Object.fromEntries(FILE_STEPS.map((step) => [step, 0])) as Record<FileStep, number>;
  let listener: ((step: FileStep, path: string) => void) | null = null;
  files.onStep = (step, path) => {
    counts[step]++;
    listener?.(step, path);
  };
  let temporary = 0;
  return {
    ...createDiskOnFiles(files, { temporaryName: () => `${restarts}-${temporary++}` }),
    crash: () => diskOver(files.crash(), restarts + 1),
    kill: () => diskOver(files.kill(), restarts + 1),
    another: () => diskOver(files.another(), restarts + 1),
    hold(gate) {
      files.gate = gate;
    },
    async sweep() {
      for (const name of await files.list(TEMPORARY_FOLDER).catch(() => [])) await files.unlink(`${TEMPORARY_FOLDER}/${name}`).catch(() => undefined);
    },
    fill(remaining = 0) {
      files.space = remaining;
    },
    free() {
      files.space = null;
    },
    failNext: (step, code = 'EIO') => files.failNext(step, code),
    watch(next) {
      listener = next;
    },
    counts,
  };
}
