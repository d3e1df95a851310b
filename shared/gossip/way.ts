/**
 * A way to gossip: what a peer sends to its neighbours after it has learned, and what it makes of what they send. Pure but for
 * the injected random source; who carries letters, and who waits for whom, is for `client/gossip`. One file each in `ways/`.
 */
import type { z } from 'zod';
import type { EdgeId } from '../ids.ts';
import type { RandomSource } from '../random.ts';
import type { EncodedField } from '../compression/codec.ts';
import type { FieldSpec, FieldValues, Statistic } from '../statistics/statistic.ts';

/** Plain data that can be stored and resumed. A way may change it in place: who hands a state over uses it no more. */
export interface WayState {
  /** The peer's model: what is trained, measured and exported. */
  readonly parameters: Float32Array;
  readonly vectors: Readonly<Record<string, Float32Array | Float64Array>>;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Whom a peer sends to and hears from in one turn. */
export interface GossipLinks {
  readonly to: readonly EdgeId[];
  readonly from: readonly EdgeId[];
  /** True where those are not the same: who is sent to does not answer in that turn. */
  readonly oneWay: boolean;
}

/** What goes to a neighbour: a statistic, fields of which a codec may have made smaller. */
export interface Letter {
  readonly weight: number;
  readonly fields: Readonly<Record<string, FieldValues | EncodedField>>;
}

export interface Posted {
  readonly letter: Letter;
  /** The same letter goes to all of these, and is encoded once. */
  readonly to: readonly EdgeId[];
}

/** A letter that was decoded and checked against the way's fields. */
export interface Received {
  readonly from: EdgeId;
  readonly statistic: Statistic;
}

export interface Turn {
  /** Counted by the peer, from 1; neighbours that go by rounds have the same. */
  readonly round: number;
  readonly links: GossipLinks;
  readonly random: RandomSource;
}

export interface WayNeeds {
  /** Fields of a letter for a model of so many values. */
  fields(size: number): readonly FieldSpec[];
  /** `rounds`: a turn waits for the letters of its round; `own`: it takes what has come, and waits for nobody. */
  readonly pace: 'rounds' | 'own';
  /** `mutual`: who sends to a peer must hear from it in the same turn. */
  readonly links: 'any' | 'mutual';
  /** The field in which a letter holds the sender's model: what robust merging compares with one's own; null: it holds none. */
  readonly model: string | null;
}

/** Neighbours send letters to each other. */
export interface LetterWay<Config = unknown> {
  readonly kind: 'letters';
  readonly name: string;
  /** One sentence for people, with the paper. */
  readonly summary: string;
  /** The way's settings but for its name: strict, every default filled in. */
  readonly config: z.ZodType<Config>;
  readonly needs: WayNeeds;
  /** @param parameters then belong to the state */
  init(parameters: Float32Array, config: Config): WayState;
  /** The peer learned: its model moved to `parameters`, which then belong to the state. */
  learned(state: WayState, parameters: Float32Array, config: Config): WayState;
  send(state: WayState, turn: Turn, config: Config): { readonly state: WayState; readonly post: readonly Posted[] };
  /**
   * Why a letter cannot be taken, though each of its values is in order: of what it adds to, no model would be left that is
   * finite. null: it can. Missing: no letter does so, since the way takes means of what letters hold.
   */
  refuses?(state: WayState, letter: Received, config: Config): string | null;
  /** @param received at most one letter of each sender where the pace is `rounds`, in the order of their ids */
  receive(state: WayState, received: readonly Received[], turn: Turn, config: Config): WayState;
  /** A neighbour is gone for good: what was kept of it is given up. */
  forget?(state: WayState, peer: EdgeId, config: Config): WayState;
}

/** How a group comes to its mean; the same for all members. */
export interface GroupPlan {
  readonly reduce: 'butterfly' | 'ring';
  /** What a member's model weighs: as many as it learned from, or as much as any other. */
  readonly weights: 'examples' | 'uniform';
  /** Most values that travel in one frame. */
  readonly pieceValues: number;
}

/** Groups of peers come to the exact mean of what their members hold. */
export interface GroupWay<Config = unknown> {
  readonly kind: 'group';
  readonly name: string;
  readonly summary: string;
  readonly config: z.ZodType<Config>;
  /** Members of the peer's group in this round by growing id, itself among them: the same for all of them. @param members all peers that are known, by growing id */
  group(members: readonly EdgeId[], self: EdgeId, round: number, config: Config): readonly EdgeId[];
  plan(config: Config): GroupPlan;
}

export type GossipWay = LetterWay | GroupWay;
