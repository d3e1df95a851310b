/** Files of events where TensorBoard looks for them: one run is one folder, and each session of the run is a file in it. */
import { hostname } from 'node:os';
import type { Clock } from '../../../shared/clock.ts';
import type { Disk } from '../../storage/disk.ts';
import { createEventWriter, type EventWriter, type EventWriterOptions } from './event-writer.ts';

const SECONDS_DIGITS = 10;
const NUMBER_DIGITS = 3;

/** TensorBoard reads the files of a folder in the order of their names. */
export function eventFileName(seconds: number, host: string, number: number): string {
  return `events.out.tfevents.${Math.floor(seconds).toString().padStart(SECONDS_DIGITS, '0')}.${host.replace(/[^\w.-]/g, '-')}.${number.toString().padStart(NUMBER_DIGITS, '0')}`;
}

/**
 * Begins a file in `folder` of the disk, which is made where it is missing; earlier ones stay as they are.
 * @param clock wall time @throws storage_failed
 */
export async function openEventWriter(disk: Disk, folder: string, clock: Pick<Clock, 'now'>, options: EventWriterOptions = {}): Promise<EventWriter> {
  await disk.makeFolder(folder);
  const names = await disk.list(folder);
  const last = names.reduce((most, name) => Math.max(most, Number(/^events\.out\.tfevents\.(\d+)\./.exec(name)?.[1] ?? 0)), 0);
  // A clock that went back must not put this session before the one that it goes on from.
  const seconds = Math.max(Math.floor(clock.now() / 1000), last);
  const host = hostname();
  let number = 0;
  while (names.includes(eventFileName(seconds, host, number))) number++;
  return createEventWriter(await disk.openAppend(`${folder}/${eventFileName(seconds, host, number)}`), clock, options);
}
