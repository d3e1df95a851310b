/** From a draw to the edges that are asked: who was chosen and why, the offers, and the same again for whoever comes back. */
import type { Decision } from '../selection/decision.ts';
import type { RandomSource } from '../../shared/random.ts';
import type { Store } from '../storage/store.ts';
import type { AssignmentIndex } from './assignment-index.ts';
import type { EventOf } from './assignment-table.ts';
import { assignmentIdOf } from './assignment-ids.ts';
import { itemAt } from './chunked-list.ts';
import { countedBeforeOf } from './counted-before.ts';
import type { DrivenTask } from './driver-house.ts';
import type { EdgeTalk } from './edge-talk.ts';
import { countReasons, keptDecisions, rejections } from './round-book.ts';
import type { RoundInHand } from './round-in-hand.ts';
import { isOpen, type RoundPolicy, type RoundState } from './round-state.ts';
import type { TaskSelection } from './task-selection.ts';

export interface TaskOffersHouse {
  readonly task: Pick<DrivenTask, 'id' | 'algorithm'>;
  readonly policy: RoundPolicy;
  readonly store: Pick<Store, 'lastCounted'>;
  readonly random: RandomSource;
  readonly selection: Pick<TaskSelection, 'draw'>;
  readonly index: AssignmentIndex;
  readonly talk: Pick<EdgeTalk, 'offer' | 'tellDecisions'>;
  readonly state: () => RoundState;
  readonly hand: () => RoundInHand;
  /** Of the checkpoint that those who are chosen download. */
  readonly modelBytes: () => number;
}

export interface TaskOffers {
  /** Draws so many edges; why each was or was not chosen is noted. @returns what the machine is told of it */
  draw(count: number, at: number): EventOf<'drawn'>;
  /** Offers the assignments at these positions, as far as they are open: also to edges that may have heard of them before. */
  offer(positions: readonly number[]): Promise<void>;
}

export function createTaskOffers({ task, policy, store, random, selection, index, talk, state, hand, modelBytes }: TaskOffersHouse): TaskOffers {
  const countedBefore = countedBeforeOf(task, store);

  /** Reasons and facts are put together when they are read: of those who were drawn alone. */
  function note(decisions: readonly Decision[], chosen: readonly Decision[], at: number): void {
    const { round } = state();
    hand().book.reasons = countReasons(decisions);
    hand().rejections = rejections(keptDecisions(decisions, random.fork(`${task.id}:kept:${round}`)), at);
    // Without a barrier somebody is drawn all the time: whoever was not is told nothing, and may be the next.
    talk.tellDecisions(round, policy.barrier ? decisions : chosen);
  }

  return {
    draw(count, at) {
      const { round, buffer } = state();
      const first = buffer?.issued ?? 0;
      const decisions = selection.draw(count, modelBytes(), first);
      const chosen = decisions.filter(({ status }) => status === 'chosen');
      note(decisions, chosen, at);
      const assigned = chosen.map(({ edge, reason, facts }, i) => {
        const id = assignmentIdOf(task.id, round, first + i);
        hand().drawn.set(id, { reason, facts });
        return { id, edge };
      });
      return { type: 'drawn', at, chosen: assigned };
    },
    async offer(positions) {
      const offered = positions.flatMap((position) => {
        const assignment = itemAt(state().assignments, position);
        if (!assignment || !isOpen(assignment)) return [];
        index.add(assignment, position);
        return [assignment];
      });
      const counted = countedBefore === null ? null : await countedBefore(offered.map(({ edge }) => edge));
      for (const assignment of offered) talk.offer(assignment, counted);
    },
  };
}
