/** What the coordinator offers, asked before the owner agrees to anything: tasks, model sizes, whether a token is wanted, a sample to try. */
import { z } from 'zod';
import { MurmurError } from '../../shared/errors.ts';
import { PROTOCOL } from '../../shared/protocol/messages.ts';
import { GossipTask, isGossipTask, TaskSpec, type AnyTask } from '../../shared/task/task-spec.ts';
import { connectSocketLink } from '../edge/socket-link.ts';
import type { DemoData } from './worker-messages.ts';

export const SOFTWARE = 'murmuration join page';
/** More tasks than this are not listed. */
const MOST_TASKS = 20;

export interface OfferedTask<Spec extends AnyTask = TaskSpec> {
  readonly spec: Spec;
  readonly status: 'created' | 'running';
  /** Of one checkpoint; null where it is not known. */
  readonly modelBytes: number | null;
}

export interface Offer {
  readonly tasks: readonly OfferedTask[];
  /** Those that peers learn among themselves, and that newcomers may join now. */
  readonly gossip: readonly OfferedTask<GossipTask>[];
  readonly enrolment: 'open' | 'token';
  readonly demo: DemoData | null;
}

const Tasks = z.object({ tasks: z.array(z.object({ id: z.string(), status: z.string() })) });
const Task = z.object({ task: z.object({ spec: z.union([TaskSpec, GossipTask]), status: z.string() }) });
const Version = z.object({ version: z.object({ bytes: z.number() }) });
const Demo = z.object({ images: z.string(), labels: z.string(), description: z.string() });

/** null for 404: the coordinator has no such thing. @throws unavailable, bad_message */
async function get<T>(url: URL, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | null> {
  let answer: Response;
  try {
    answer = await fetch(url, { signal, cache: 'no-store' });
  } catch (cause) {
    throw new MurmurError('unavailable', 'the coordinator does not answer; is it still running?', { cause });
  }
  if (answer.status === 404) return null;
  if (!answer.ok) throw new MurmurError('unavailable', `the coordinator answered ${answer.status} to ${url.pathname}`);
  const parsed = schema.safeParse(await answer.json().catch(() => null));
  if (!parsed.success) throw new MurmurError('bad_message', `the coordinator's answer to ${url.pathname} is not understood; this page may be older or newer than it: reload`);
  return parsed.data;
}

async function askTask(base: URL, id: string, signal: AbortSignal): Promise<OfferedTask<AnyTask> | null> {
  const path = `api/tasks/${encodeURIComponent(id)}`;
  const found = await get(new URL(path, base), Task, signal);
  if (found === null) return null;
  const { spec, status } = found.task;
  if (status === 'created') return isGossipTask(spec) ? null : { spec, status, modelBytes: null };
  if (status !== 'running') return null;
  // Its peers have the model, the coordinator has none.
  if (isGossipTask(spec)) return { spec, status, modelBytes: null };
  const version = await get(new URL(`${path}/versions/latest`, base), Version, signal).catch(() => null);
  return { spec, status, modelBytes: version?.version.bytes ?? null };
}

async function askDemo(base: URL, signal: AbortSignal): Promise<DemoData | null> {
  const demo = await get(new URL('demo/data.json', base), Demo, signal);
  if (demo === null) return null;
  return { ...demo, images: new URL(demo.images, base).href, labels: new URL(demo.labels, base).href };
}

/** Says hello and goes: no identity is told. */
async function askEnrolment(base: URL, signal: AbortSignal): Promise<'open' | 'token'> {
  const link = await connectSocketLink(base.origin, signal);
  try {
    const { enrolment } = await link.request('hello', { protocol: PROTOCOL, software: SOFTWARE });
    return enrolment;
  } finally {
    link.close('only asked');
  }
}

export async function askOffer(base: URL, signal: AbortSignal): Promise<Offer> {
  const [listed, enrolment, demo] = await Promise.all([get(new URL('api/tasks', base), Tasks, signal), askEnrolment(base, signal), askDemo(base, signal).catch(() => null)]);
  const open = (listed?.tasks ?? []).filter(({ status }) => status === 'running' || status === 'created').slice(0, MOST_TASKS);
  const asked = await Promise.all(open.map(({ id }) => askTask(base, id, signal)));
  const found = asked.filter((task) => task !== null);
  return { tasks: found.filter((one): one is OfferedTask => !isGossipTask(one.spec)), gossip: found.filter((one): one is OfferedTask<GossipTask> => isGossipTask(one.spec)), enrolment, demo };
}
