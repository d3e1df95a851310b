/** A swarm is the peers that learn one task: it is named by the whole of it, so that peers with two versions of a task never average. */
import { sha256Hex } from '#platform/crypto';
import { asDigest, type Digest } from '../ids.ts';
import type { GossipTask } from '../task/task-spec.ts';

/** @param task complete, as `parseGossipTask` gives it. @returns the SHA-256 of its canonical JSON */
export function swarmOf(task: GossipTask): Digest {
  return asDigest(sha256Hex(new TextEncoder().encode(canonicalJson(task))));
}

/** Keys in the order of their UTF-16 units, whatever order an author or a database gave them; what is undefined is left out, as JSON does. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, part]) => part !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, part]) => `${JSON.stringify(key)}:${canonicalJson(part)}`).join(',')}}`;
}
