/** Branded ids: plain strings at run time that the compiler will not let anyone mix up. */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** The name of a task: lower-case letters, digits and dashes, 1–64 characters. */
export type TaskId = Branded<'TaskId'>;
/** Derived from the edge's public key: `e` and 20 hexadecimal digits of its SHA-256. */
export type EdgeId = Branded<'EdgeId'>;
/** One edge's part in one round, issued by the coordinator. */
export type AssignmentId = Branded<'AssignmentId'>;
/** SHA-256 of a blob, 64 lower-case hexadecimal digits. */
export type Digest = Branded<'Digest'>;

export const asTaskId = (text: string): TaskId => text as TaskId;
export const asEdgeId = (text: string): EdgeId => text as EdgeId;
export const asAssignmentId = (text: string): AssignmentId => text as AssignmentId;
export const asDigest = (text: string): Digest => text as Digest;

export const TASK_ID_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
export const EDGE_ID_PATTERN = /^e[0-9a-f]{20}$/;
export const ASSIGNMENT_ID_PATTERN = /^[a-z0-9][a-z0-9.-]{0,127}$/;
export const DIGEST_PATTERN = /^[0-9a-f]{64}$/;
