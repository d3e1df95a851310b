/** Garbles one message as it might arrive: a few bytes of what it carries, or one of its fields. */
import type { RandomSource } from '../../shared/random.ts';
import { copyPlain } from '../network/copy-message.ts';

const WRONG: readonly ((value: unknown, random: RandomSource) => unknown)[] = [
  () => null,
  () => 'what is this',
  () => -1,
  () => 1e300,
  () => 0.5,
  () => true,
  () => [],
  () => ({}),
  (value) => (typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}0` : value),
  (value, random) => (typeof value === 'string' && value.length > 0 ? garbleText(value, random) : typeof value === 'number' ? value * 2 : undefined),
];

/** A copy with one thing wrong in it. Bytes are flipped where there are any, more often than not. */
export function corrupt(payload: unknown, random: RandomSource): unknown {
  if (typeof payload !== 'object' || payload === null) return WRONG[random.int(WRONG.length)](payload, random);
  const copy = copyPlain(payload) as Record<string, unknown>;
  const names = Object.keys(copy);
  if (names.length === 0) return random.next() < 0.5 ? 'nothing' : { surprise: 1 };
  const bytes = names.find((name) => copy[name] instanceof Uint8Array);
  if (bytes !== undefined && random.next() < 0.8) {
    flip(copy[bytes] as Uint8Array, random);
    return copy;
  }
  const name = names[random.int(names.length)];
  const value = copy[name];
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && random.next() < 0.7) copy[name] = corrupt(value, random);
  else if (random.next() < 0.15) Reflect.deleteProperty(copy, name);
  else copy[name] = WRONG[random.int(WRONG.length)](value, random);
  return copy;
}

/** One to three bits, or the end cut off, which for a message with a length of its own is the same as bytes that are wrong. */
function flip(bytes: Uint8Array, random: RandomSource): void {
  for (let times = 1 + random.int(3); times > 0 && bytes.length > 0; times--) bytes[random.int(bytes.length)] ^= 1 << random.int(8);
}

function garbleText(text: string, random: RandomSource): string {
  const at = random.int(text.length);
  return `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ (1 + random.int(7)))}${text.slice(at + 1)}`;
}
