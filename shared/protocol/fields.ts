/** Fields that messages of several namespaces have. */
import { z } from 'zod';
import { ASSIGNMENT_ID_PATTERN, DIGEST_PATTERN, EDGE_ID_PATTERN, TASK_ID_PATTERN, type AssignmentId, type Digest, type EdgeId, type TaskId } from '../ids.ts';

/** A string of that pattern; what it is called is the compiler's business alone. */
const branded = <Id extends string>(pattern: RegExp): z.ZodType<Id, string> => z.string().regex(pattern) as unknown as z.ZodType<Id, string>;
export const taskId = branded<TaskId>(TASK_ID_PATTERN);
export const edgeId = branded<EdgeId>(EDGE_ID_PATTERN);
export const assignmentId = branded<AssignmentId>(ASSIGNMENT_ID_PATTERN);
export const digest = branded<Digest>(DIGEST_PATTERN);
export const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
export const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'bytes expected');
export const count = z.int().nonnegative();
export const size = z.int().positive();
/** Whatever it is: nobody looks at it. */
export const acknowledged = z.object({});
export const protocolVersion = z.strictObject({ major: z.int(), minor: z.int() });
