/**
 * The messages between an edge and the coordinator (namespace `/edge`), as schemas.
 * Times are durations in milliseconds, never instants: the two clocks need not agree.
 * Loose objects are refused: an unknown key is a mistake or a newer minor version's business.
 */
import { z } from 'zod';
import type { TaskId } from '../ids.ts';
import { Capabilities, Conditions } from '../task/conditions.ts';
import { parsersOf } from './as-it-is.ts';
import { acknowledged, assignmentId, bytes, count, digest, edgeId, hex, protocolVersion, size, taskId } from './fields.ts';

/** Minor 1 brought more conditions, a region, labels, and `reconnectWithinMs`; minor 2 which of an edge's reports counted last. */
export const PROTOCOL = Object.freeze({ major: 1, minor: 2 });

/** A report up to this size travels in one message; a longer one in chunks of it. */
export const CHUNK_BYTES = 1 << 20;
/** Chunks that may be unacknowledged at once. */
export const CHUNK_WINDOW = 4;

/** Milliseconds to wait, up to a month. */
const wait = z.number().min(0).max(31 * 86_400_000);

/** Classes of one task that can be counted. */
const MOST_CLASSES = 10_000;

const servedTask = z
  .strictObject({
    task: taskId,
    examples: count,
    /** Training examples of each class: only where the task asks, and the edge's owner agrees. */
    labels: z.array(count).min(2).max(MOST_CLASSES).optional(),
  })
  .refine(({ examples, labels }) => labels === undefined || labels.reduce((a, b) => a + b, 0) === examples, { path: ['labels'], message: 'the counts by class do not sum to the examples' });

/** Edge → coordinator. */
export const edgeRequests = {
  hello: z.strictObject({ protocol: protocolVersion, software: z.string().max(100) }),
  /** Registers the edge's public key; the signature over the challenge proves that it holds the secret one. */
  enrol: z.strictObject({ token: z.string().max(200).optional(), publicKey: hex(32), signature: hex(64), name: z.string().max(100), role: z.enum(['edge', 'aggregator']).default('edge') }),
  authenticate: z.strictObject({ edge: edgeId, signature: hex(64) }),
  tasks: z.strictObject({}),
  describe: z.strictObject({ task: taskId }),
  checkIn: z.strictObject({
    conditions: Conditions,
    capabilities: Capabilities,
    /** The tasks that this edge can serve now, with how many training examples it holds for each. */
    tasks: z.array(servedTask).max(100),
  }),
  /** The assignment's checkpoint is downloaded and training begins. */
  configured: z.strictObject({ assignment: assignmentId }),
  report: z.strictObject({ assignment: assignmentId, frame: bytes }),
  /** `digest` names the frame, so that a later attempt to send it goes on and another frame does not: its SHA-256, or 64 digits drawn at random for it. */
  uploadBegin: z.strictObject({ assignment: assignmentId, bytes: size, digest }),
  uploadChunk: z.strictObject({ assignment: assignmentId, offset: count, data: bytes }),
  /** The edge gives an assignment back: its owner's wish, its conditions, an error. */
  withdraw: z.strictObject({ assignment: assignmentId, reason: z.string().max(300) }),
  /** From an edge aggregator: its accumulator, which names the assignments that it contains. */
  accumulator: z.strictObject({ task: taskId, round: count, frame: bytes }),
  /** The same in chunks, as reports: for accumulators longer than one. */
  accumulatorBegin: z.strictObject({ task: taskId, round: count, bytes: size, digest }),
  accumulatorChunk: z.strictObject({ task: taskId, round: count, offset: count, data: bytes }),
  leave: z.strictObject({}),
} as const;

/** Coordinator → edge. */
export const coordinatorRequests = {
  assign: z.strictObject({
    assignment: assignmentId,
    task: taskId,
    round: count,
    version: count,
    checkpoint: z.strictObject({ digest, bytes: count.max(2 ** 33) }),
    /** What beside the weights a task's edges need of the server state, where they do: a download like the checkpoint. */
    serverState: z.strictObject({ digest, bytes: count.max(2 ** 33) }).optional(),
    /** Where the server sums what edges keep: this edge's assignment whose report was the last to count; null: none did. Since minor version 2. */
    counted: assignmentId.nullable().optional(),
    stage: z.string(),
    broadcast: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
    /** Seeds shuffling and whatever else is random in local training. */
    seed: z.int(),
    configureWithinMs: z.number(),
    reportWithinMs: z.number(),
  }),
  /** The assignment is over without a report: stop working on it. */
  release: z.strictObject({ assignment: assignmentId, reason: z.string() }),
  /** Not selected this time: when to check in again. The edge may disconnect until then. */
  comeBack: z.strictObject({ afterMs: wait, reason: z.string() }),
  /** A new version was committed. */
  announce: z.strictObject({ task: taskId, version: count, digest, round: count }),
  /** A task was created, started, stopped or finished: ask for `tasks` again. */
  tasksChanged: z.strictObject({}),
} as const;

/** What edges reply to the above. The reason of a refusal is stored and shown. */
export const coordinatorReplies = {
  assign: z.object({ accepted: z.boolean(), reason: z.string().max(300).optional() }),
  release: acknowledged,
  comeBack: acknowledged,
  announce: acknowledged,
  tasksChanged: acknowledged,
} as const satisfies Record<keyof typeof coordinatorRequests, z.ZodType>;

/** The same as parsers: what everybody who takes messages in uses. */
export const edgeRequestParsers = parsersOf(edgeRequests);
export const coordinatorRequestParsers = parsersOf(coordinatorRequests);
export const coordinatorReplyParsers = parsersOf(coordinatorReplies);

type Schemas = Record<string, z.ZodType>;
export type EdgeRequest<Type extends keyof typeof edgeRequests> = z.output<(typeof edgeRequests)[Type]>;
export type CoordinatorRequest<Type extends keyof typeof coordinatorRequests> = z.output<(typeof coordinatorRequests)[Type]>;
export type Assign = CoordinatorRequest<'assign'>;
type Inputs<Map extends Schemas> = { [Type in keyof Map]: z.input<Map[Type]> };

/** accepted: merged; duplicate: was merged before; late: the round closed without it. Neither of the latter changes the sum. */
export type ReportOutcome = 'accepted' | 'duplicate' | 'late';
export interface ReportReply {
  readonly outcome: ReportOutcome;
  /** When to check in again. */
  readonly comeBackAfterMs: number;
}
export interface TaskOffer {
  readonly task: TaskId;
  readonly status: 'created' | 'running' | 'stopped' | 'finished';
}

const reportReply = z.object({ outcome: z.enum(['accepted', 'duplicate', 'late']), comeBackAfterMs: wait });

/** What the coordinator replies: an edge looks at it as closely, since a size or a time that is none would hold it up for ever. */
const edgeReplies = {
  hello: z.object({
    protocol: z.object({ major: z.int(), minor: z.int() }), challenge: z.string().min(1).max(200),
    chunkBytes: size.max(2 ** 30), chunkWindow: size.max(1024), enrolment: z.enum(['open', 'token']), reconnectWithinMs: wait.optional(),
  }),
  enrol: z.object({ edge: edgeId }),
  /** Assignments that the coordinator still expects from this edge. */
  authenticate: z.object({ openAssignments: z.array(assignmentId).max(1000) }),
  tasks: z.object({ tasks: z.array(z.object({ task: taskId, status: z.enum(['created', 'running', 'stopped', 'finished']) })) }),
  /** The spec is a TaskSpec; parsed by its own schema. */
  describe: z.object({ spec: z.unknown() }),
  /** `reconnectWithinMs`: over how long its edges spread that lose their connection; it grows with their number. Minor 0 did not say it. */
  checkIn: z.object({ comeBackAfterMs: wait, reconnectWithinMs: wait.optional() }),
  configured: acknowledged,
  report: reportReply,
  /** How much of the upload has arrived already. */
  uploadBegin: z.object({ received: count }),
  /** The outcome comes with the chunk that completes the report. */
  uploadChunk: z.object({ received: count, report: reportReply.optional() }),
  withdraw: acknowledged,
  accumulator: z.object({ outcome: reportReply.shape.outcome }),
  accumulatorBegin: z.object({ received: count }),
  /** The outcome comes with the chunk that completes the accumulator. */
  accumulatorChunk: z.object({ received: count, outcome: reportReply.shape.outcome.optional() }),
  leave: acknowledged,
} as const satisfies Record<keyof typeof edgeRequests, z.ZodType>;

export const edgeReplyParsers = parsersOf(edgeReplies);

/** What an edge may ask of the coordinator. */
export type EdgeToCoordinator = { [Type in keyof typeof edgeRequests]: { request: Inputs<typeof edgeRequests>[Type]; reply: z.output<(typeof edgeReplies)[Type]> } };
/** What the coordinator may ask of an edge; `assign` is accepted or declined. */
export type CoordinatorToEdge = {
  [Type in keyof typeof coordinatorRequests]: { request: Inputs<typeof coordinatorRequests>[Type]; reply: z.output<(typeof coordinatorReplies)[Type]> };
};

/** What an edge signs to enrol or to open a session. */
export function challengeText(purpose: 'enrol' | 'authenticate', challenge: string): Uint8Array {
  return new TextEncoder().encode(`murmuration:${PROTOCOL.major}:${purpose}:${challenge}`);
}
