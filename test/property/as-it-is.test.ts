import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { z } from 'zod';
import { fitsAsItIs, parserOf } from '../../shared/protocol/as-it-is.ts';
import { coordinatorReplies, coordinatorRequests, edgeRequests } from '../../shared/protocol/messages.ts';
import { fedavg } from '../../shared/algorithms/fedavg.ts';
import { UNKNOWN_CONDITIONS } from '../../shared/task/conditions.ts';
import { parseTaskSpec } from '../../shared/task/parse-task-spec.ts';
import { TaskSpec } from '../../shared/task/task-spec.ts';

const digest = 'a'.repeat(64);
const edge = `e${'0'.repeat(20)}`;
const bytes = new Uint8Array(3);

/** Complete, with parts of every kind that a spec has. */
const spec = parseTaskSpec({
  name: 'line',
  model: { topology: { class_name: 'Sequential', config: { layers: [] }, keras_version: 'tfjs' }, loss: 'meanSquaredError' },
  data: { kind: 'table', features: [{ type: 'numeric', column: 'x', standardise: { mean: 1, deviation: 2 } }, { type: 'categorical', column: 'c', values: ['a', 'b'], missing: { value: 'a' } }], label: { type: 'numeric', column: 'y' } },
  algorithm: { name: 'fedavg', epochs: 1, batchSize: null, learningRate: 0.1, server: { name: 'adam', learningRate: 0.1 } },
  selection: { criteria: { battery: { atLeast: 0.5 } }, scores: [{ name: 'quantity' }, { name: 'fairness', weight: 2 }], sampler: { name: 'topK' } },
  round: { goal: 3, minimum: 2 },
});
const { name: _fedavg, ...fedavgConfig } = spec.algorithm;

/** A message of each type as a well-behaved program sends it, optional parts and all. */
const SAMPLES: readonly (readonly [string, z.ZodType, unknown])[] = [
  ['hello', edgeRequests.hello, { protocol: { major: 1, minor: 0 }, software: 'murmuration' }],
  ['enrol', edgeRequests.enrol, { token: 't', publicKey: digest, signature: digest + digest, name: 'n', role: 'aggregator' }],
  ['authenticate', edgeRequests.authenticate, { edge, signature: digest + digest }],
  ['checkIn', edgeRequests.checkIn, { conditions: { ...UNKNOWN_CONDITIONS, battery: 0.5, charging: true, network: 'wifi', downlink: 3.5 }, capabilities: { platform: 'node', backend: 'wasm', stepsPerSecond: null }, tasks: [{ task: 'line', examples: 3 }, { task: 'other', examples: 5, labels: [2, 3] }] }],
  ['configured', edgeRequests.configured, { assignment: 'line.1.0' }],
  ['report', edgeRequests.report, { assignment: 'line.1.0', frame: bytes }],
  ['uploadBegin', edgeRequests.uploadBegin, { assignment: 'line.1.0', bytes: 7, digest }],
  ['uploadChunk', edgeRequests.uploadChunk, { assignment: 'line.1.0', offset: 0, data: bytes }],
  ['withdraw', edgeRequests.withdraw, { assignment: 'line.1.0', reason: 'r' }],
  ['accumulator', edgeRequests.accumulator, { task: 'line', round: 1, frame: bytes }],
  ['assign', coordinatorRequests.assign, { assignment: 'line.1.0', task: 'line', round: 1, version: 0, checkpoint: { digest, bytes: 8 }, stage: 'report', broadcast: { rate: 0.5, name: 'x', on: true, none: null }, seed: -5, configureWithinMs: 1.5, reportWithinMs: 2 }],
  ['release', coordinatorRequests.release, { assignment: 'line.1.0', reason: '' }],
  ['comeBack', coordinatorRequests.comeBack, { afterMs: 0.25, reason: 'r' }],
  ['announce', coordinatorRequests.announce, { task: 'line', version: 1, digest, round: 1 }],
  ['reply to assign', coordinatorReplies.assign, { accepted: false, reason: 'r' }],
  ['reply to release', coordinatorReplies.release, {}],
  ['task spec', TaskSpec, spec],
  ['algorithm settings', fedavg.config, fedavgConfig],
  ['tensor of a checkpoint', z.strictObject({ dtype: z.string(), shape: z.array(z.number()).max(16), data_offsets: z.tuple([z.number(), z.number()]) }), { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] }],
  ['frame header', z.strictObject({ kind: z.string().min(1).max(64), meta: z.record(z.string(), z.unknown()), tensors: z.array(z.strictObject({ name: z.string(), shape: z.array(z.number()).max(16) })) }), { kind: 'report', meta: { weight: 1, any: [{}] }, tensors: [{ name: 'delta', shape: [3, 4] }] }],
];

const anything = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, '', 'unknown', 'none', 'wifi', 'line', true, false, 0, -0, 1, -1, 0.5, 1.5, NaN, Infinity, 2 ** 53, 'x'.repeat(400), digest, [], {}, bytes, [undefined], Object.create(null), JSON.parse('{"__proto__":{"a":1}}')),
  fc.jsonValue(),
);

type Place = readonly (string | number)[];

/** Every place in a value, and one more in each object and array. */
function placesIn(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [at];
  return [at, ...Object.keys(value).flatMap((key) => placesIn((value as Record<string, unknown>)[key], [...at, key])), [...at, Array.isArray(value) ? String(value.length) : 'surplus']];
}

function changed(value: unknown, at: Place, to: unknown, remove: boolean): unknown {
  if (at.length === 0) return to;
  const [key, ...rest] = at;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...(value as unknown[])] as unknown as Record<string, unknown>) : { ...(value as object) };
  if (rest.length === 0 && remove) delete copy[key];
  else copy[key] = changed(copy[key], rest, to, remove);
  return copy;
}

describe.each(SAMPLES)('%s as it is', (_name, schema, sample) => {
  const fits = fitsAsItIs(schema);

  it('fits where it is right, and is given back itself', () => {
    expect(fits(sample)).toBe(true);
    expect(parserOf(schema).parse(sample)).toBe(sample);
  });

  it('fits only what the schema takes and gives back as it was', () => {
    const places = placesIn(sample);
    const mutation = fc.tuple(fc.constantFrom(...places), anything, fc.boolean());
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        let value = sample;
        // A place may be gone by the mutation before.
        for (const [at, to, remove] of mutations) if (at.slice(0, -1).reduce<unknown>((part, key) => (part as Record<string, unknown> | null | undefined)?.[key], value) instanceof Object || at.length === 0) value = changed(value, at, to, remove);
        const verdict = schema.safeParse(value);
        if (fits(value)) expect(verdict.success && isDeepStrictEqual(verdict.data, value)).toBe(true);
        const parsed = parserOf(schema).safeParse(value);
        expect(parsed.success).toBe(verdict.success);
        expect(parsed.success ? parsed.data : parsed.error.issues).toEqual(verdict.success ? verdict.data : verdict.error.issues);
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});

it('what could be taken in another way fits nothing', () => {
  const dropped = z.union([z.object({ a: z.number() }), z.object({ a: z.number(), b: z.number() })]);
  expect(dropped.parse({ a: 1, b: 2 })).toEqual({ a: 1 });
  for (const [schema, value] of [
    [dropped, { a: 1, b: 2 }], [z.string().trim(), ' a '], [z.coerce.number(), 1], [z.string().transform((text) => text.length), 'a'], [z.email(), 'a@b.example'],
    [z.number().multipleOf(2), 3], [z.strictObject({ a: z.number() }).refine(() => false), { a: 1 }], [z.lazy(() => z.string()), 'a'], [z.string().regex(/a/g), 'a'],
  ] as const) expect(fitsAsItIs(schema)(value)).toBe(false);
});
