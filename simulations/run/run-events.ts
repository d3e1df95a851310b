/** What a run says to TensorBoard: each round's numbers by round, and again by virtual time. */
import type { EventWriter } from '../../server/observability/tensorboard/event-writer.ts';
import { openEventWriter } from '../../server/observability/tensorboard/event-file.ts';
import type { Disk } from '../../server/storage/disk.ts';
import type { Clock } from '../../shared/clock.ts';
import type { RoundLine } from './record.ts';

/** Folders below the run's own; TensorBoard shows each as a run. */
export const BY_ROUND = 'tensorboard/by-round';
export const BY_TIME = 'tensorboard/by-time';

export interface RunEvents {
  /** A round that ended; it is on its way to the files when this returns. */
  round(line: RoundLine): void;
  /** Resolves when all rounds so far are in the files. @throws storage_failed, then and at each later call */
  flush(): Promise<void>;
  /** @throws storage_failed */
  close(): Promise<void>;
}

export interface RunEventsOptions {
  /** Rooted at the run's folder. */
  readonly disk: Disk;
  /** Wall time. */
  readonly clock: Pick<Clock, 'now'>;
  /**
   * Rounds that stand in the record already, oldest first. They are written again, and what earlier files say is void: a process that
   * was killed may have written more of the one than of the other.
   */
  readonly earlier?: readonly RoundLine[];
}

/** @throws storage_failed */
export async function openRunEvents({ disk, clock, earlier = [] }: RunEventsOptions): Promise<RunEvents> {
  const byRound = await openEventWriter(disk, BY_ROUND, clock);
  const byTime = await openEventWriter(disk, BY_TIME, clock);
  const note = createRoundScalars(byRound, byTime);
  const flush = async (): Promise<void> => void (await Promise.all([byRound.flush(), byTime.flush()]));
  for (const line of earlier) note(line);
  await flush();
  return {
    round(line) {
      note(line);
      // What fails fails again when the files are closed.
      flush().catch(() => undefined);
    },
    flush,
    close: async () => void (await Promise.all([byRound.close(), byTime.close()])),
  };
}

/** Steps are whole: of two rounds that end in one second the later one is shown. */
const secondsOf = (line: RoundLine): number => Math.round(line.virtualMs / 1000);

type Writer = Pick<EventWriter, 'scalar'>;

/** On the examples that edges hold back, of the version that the round went on from. */
function evaluationScalars({ evaluation }: RoundLine): readonly (readonly [string, number | null])[] {
  if (evaluation === undefined) return [];
  return (['shared', 'personal'] as const).flatMap((judged) => {
    const found = evaluation[judged];
    if (found === null) return [];
    const tag = (name: string): string => `edges/${judged === 'shared' ? name : `${judged} ${name}`}`;
    return [
      [tag('accuracy'), found.accuracy], [tag('loss'), found.loss], [tag('mean over edges'), found.mean], [tag('deviation'), found.deviation],
      [tag('worst tenth'), found.worstDecile], [tag('best tenth'), found.bestDecile],
      ...Object.entries(found.strata ?? {}).map(([name, { mean }]) => [`${tag('groups')}/${name}`, mean] as const),
    ] as const;
  });
}

/** The scalars of a round, and their tags. Tags by time are others: one plot has one kind of step. */
function createRoundScalars(byRound: Writer, byTime: Writer): (line: RoundLine) => void {
  let up = 0;
  let down = 0;
  return (line) => {
    up += line.bytesUp;
    down += line.bytesDown;
    const both: readonly (readonly [string, number | null])[] = [
      ['learning/accuracy', line.accuracy],
      ['learning/loss', line.loss],
      ['learning/training loss', line.trainLoss],
      ['bytes/up in all', up],
      ['bytes/down in all', down],
    ];
    const rounds: readonly (readonly [string, number])[] = [
      ['bytes/up', line.bytesUp],
      ['bytes/down', line.bytesDown],
      ['participation/eligible', line.eligible],
      ['participation/selected', line.selected],
      ['participation/reported', line.reported],
      ...(line.staleness === undefined ? [] : [['participation/versions behind', line.staleness.mean] as const]),
      ['time/virtual seconds in all', line.virtualMs / 1000],
      ['time/real seconds of the round', line.wallMs / 1000],
    ];
    for (const [tag, value] of [...both, ...rounds, ...evaluationScalars(line)]) if (value !== null) byRound.scalar(tag, line.round, value);
    for (const [tag, value] of [...both, ['round', line.round] as const]) if (value !== null) byTime.scalar(`by time/${tag.replace('learning/', '').replace('/', ' ')}`, secondsOf(line), value);
  };
}
