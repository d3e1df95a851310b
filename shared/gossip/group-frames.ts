/** What members of a group say to each other. All are tensor frames; only a slice's has a tensor. */
import { sha256Hex } from '#platform/crypto';
import { z } from 'zod';
import { MurmurError } from '../errors.ts';
import { EDGE_ID_PATTERN, type EdgeId } from '../ids.ts';
import { parserOf } from '../protocol/as-it-is.ts';
import { encodeFrame, parsePart, type DecodedFrame } from '../protocol/frame.ts';
import type { Piece } from './group/slices.ts';

/** The sender takes part in a round with these members; a smaller group than it named before means that it begins anew. */
export const GROUP = 'group';
export const SLICE = 'slice';
/** The sender holds the mean of an attempt. */
export const DONE = 'done';
/** The sender ended the round: with the mean of this attempt, or in another way. */
export const COMPLETED = 'completed';
/** The sender gets nothing from those whom it waits for: it is not to be blamed for others' waiting. */
export const WAITING = 'waiting';

export const GROUP_KINDS: ReadonlySet<string> = new Set([GROUP, SLICE, DONE, COMPLETED, WAITING]);

/** An attempt's name: a digest of its members, so that it needs no number that could differ between them. */
const KEY_PATTERN = /^[0-9a-f]{16}$/;

export function keyOf(members: readonly EdgeId[]): string {
  return sha256Hex(new TextEncoder().encode(members.join(' '))).slice(0, 16);
}

/** Members of one group at the most: what a frame's list of them may hold. */
export const MOST_MEMBERS = 64;

const round = z.int().positive();
const key = z.string().regex(KEY_PATTERN);
const count = z.int().nonnegative();

const Group = z.strictObject({ round, members: z.array(z.string().regex(EDGE_ID_PATTERN) as unknown as z.ZodType<EdgeId>).min(1).max(MOST_MEMBERS) });
const Of = z.strictObject({ round, key });
const Completed = z.strictObject({ round, key: key.nullable() });
const Slice = z.strictObject({ round, key, step: z.enum(['reduce', 'gather']), slice: count, piece: count, weight: z.number().positive() });
const [groupParser, ofParser, completedParser, sliceParser] = [parserOf(Group), parserOf(Of), parserOf(Completed), parserOf(Slice)];

/** Which attempt of which round a frame is of. */
export type Attempt = z.output<typeof Of>;

const bare = (kind: string, meta: object): Uint8Array => encodeFrame({ kind, meta: { ...meta }, tensors: [] });

/** @param members by growing id */
export const encodeGroup = (inRound: number, members: readonly EdgeId[]): Uint8Array => bare(GROUP, { round: inRound, members });
export const encodeDone = (attempt: Attempt): Uint8Array => bare(DONE, attempt);
export const encodeWaiting = (attempt: Attempt): Uint8Array => bare(WAITING, attempt);
/** @param attemptKey null: the sender has nothing in common with the asker in that round */
export const encodeCompleted = (inRound: number, attemptKey: string | null): Uint8Array => bare(COMPLETED, { round: inRound, key: attemptKey });

export function encodeSlice({ round: inRound, key: ofAttempt }: Attempt, { step, slice, piece, weight, values }: Piece): Uint8Array {
  return encodeFrame({ kind: SLICE, meta: { round: inRound, key: ofAttempt, step, slice, piece, weight }, tensors: [{ name: 'values', dtype: 'float32', shape: [values.length], values }] });
}

/** @throws bad_frame */
export function readGroup(frame: DecodedFrame): z.output<typeof Group> {
  const group = parsePart(groupParser, frame.meta, 'meta of the group');
  if (group.members.some((member, i) => i > 0 && group.members[i - 1] >= member)) throw new MurmurError('bad_frame', 'a group’s members stand by growing id, each once');
  return group;
}

/** Of `done` and `waiting`. @throws bad_frame */
export const readAttempt = (frame: DecodedFrame): Attempt => parsePart(ofParser, frame.meta, `meta of ${frame.kind}`);
/** @throws bad_frame */
export const readCompleted = (frame: DecodedFrame): z.output<typeof Completed> => parsePart(completedParser, frame.meta, 'meta of completed');

/** The values are a view of the frame's bytes. @throws bad_frame */
export function readSlice(frame: DecodedFrame): Attempt & Piece {
  const meta = parsePart(sliceParser, frame.meta, 'meta of the slice');
  const [tensor, ...more] = frame.tensors;
  if (tensor?.name !== 'values' || !(tensor.values instanceof Float32Array) || more.length > 0) throw new MurmurError('bad_frame', 'a slice is one float32 tensor, values');
  return { ...meta, values: tensor.values };
}
