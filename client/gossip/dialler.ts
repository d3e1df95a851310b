/**
 * Opens channels, and answers those who want to: by the first transport and the first way for signals that lead to one. Two
 * peers that call each other at once end with one channel: the call of the one with the smaller id stands.
 */
import { sleep, type Clock } from '../../shared/clock.ts';
import { MurmurError, toMurmurError } from '../../shared/errors.ts';
import type { DialSignal, Want } from '../../shared/gossip/mesh-frames.ts';
import type { EdgeId } from '../../shared/ids.ts';
import type { RandomSource } from '../../shared/random.ts';
import { createSignalInbox, type SignalInbox } from './signal-inbox.ts';
import type { PeerTransport, Signalling, Wire } from './wire.ts';

/** How signals get to a peer. */
export interface SignalWay {
  readonly name: 'peers' | 'introducer';
  /** False: it leads nowhere now. */
  send(signal: DialSignal): boolean;
}

export interface DiallerOptions {
  readonly self: EdgeId;
  /** Best first. */
  readonly transports: () => readonly PeerTransport[];
  /** Best first. */
  readonly waysTo: (peer: EdgeId) => readonly SignalWay[];
  /** Whether this peer may open a channel here. */
  readonly admits: (peer: EdgeId, want: Want) => 'yes' | 'full' | 'unwanted';
  /** Makes a channel of a wire, once each side has shown who it is; it is then the mesh's. @throws whatever was wrong */
  readonly establish: (peer: EdgeId, wire: Wire, side: 'called' | 'answered', signal: AbortSignal) => Promise<void>;
  /** How long the other side is given to answer a call at all, and how long an attempt may take; milliseconds. */
  readonly answerMs: number;
  readonly openMs: number;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly onAttempt?: (attempt: { readonly peer: EdgeId; readonly transport: PeerTransport['kind']; readonly way: SignalWay['name']; readonly error: MurmurError | null }) => void;
}

export interface Dialler {
  /** Resolves when there is a channel to the peer. @throws unavailable: it has no room, or wants none; disconnected, aborted */
  call(peer: EdgeId, want: Want): Promise<void>;
  /** A signal came from a peer; `back`: how to answer it. */
  onSignal(from: EdgeId, signal: DialSignal, back: SignalWay): void;
  /** A signal of ours did not arrive. */
  unroutable(target: EdgeId, dial: string): void;
  /** There is a channel to this peer. */
  settled(peer: EdgeId): void;
  /** Peers that are being called, or call. */
  isBusyWith(peer: EdgeId): boolean;
  readonly attempts: number;
  stop(): Promise<void>;
}

interface Attempt {
  readonly dial: string;
  readonly inbox: SignalInbox;
  readonly controller: AbortController;
  /** The other side has answered. */
  heard: boolean;
  /** What to do once it was first heard. */
  onHeard: () => void;
}

interface Call {
  attempt: Attempt | null;
  /** The other side's call stands: this one waits for it. */
  yields: boolean;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly stopper: AbortController;
}

/** Calls that are answered at the same time; more are told that there is no room. */
const MOST_ANSWERED = 32;
/** Attempts whose late signals are known for what they are. */
const MOST_ENDED = 512;

const FULL = 'the other side has no room';
const UNWANTED = 'the other side wants no channel';

export function createDialler(options: DiallerOptions): Dialler {
  const { self, transports, waysTo, admits, establish, answerMs, openMs, clock, random, onAttempt = () => undefined } = options;
  const calls = new Map<EdgeId, Call>();
  const answers = new Map<string, { readonly peer: EdgeId; readonly inbox: SignalInbox; readonly controller: AbortController }>();
  const ended = new Set<string>();
  /** What is under way, for `stop`. */
  const running = new Set<Promise<void>>();
  let stopped = false;

  const word = (): string => Math.floor(random.next() * 2 ** 32).toString(16).padStart(8, '0');

  function endedNow(dial: string): void {
    if (ended.size >= MOST_ENDED) ended.delete([...ended][0]);
    ended.add(dial);
  }

  function track(work: Promise<void>): void {
    running.add(work);
    void work.finally(() => running.delete(work)).catch(() => undefined);
  }

  const answering = (peer: EdgeId): boolean => [...answers.values()].some((one) => one.peer === peer);

  /** One transport, one way for signals. @throws as `call` */
  async function attemptBy(peer: EdgeId, call: Call, want: Want, transport: PeerTransport, way: SignalWay): Promise<void> {
    const dial = word() + word();
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, call.stopper.signal]);
    const attempt: Attempt = { dial, inbox: createSignalInbox(), controller, heard: false, onHeard: () => undefined };
    call.attempt = attempt;
    let number = 0;
    const signalling: Signalling = {
      peer,
      send(data) {
        if (signal.aborted) return;
        if (!way.send({ type: 'call', dial, number: number++, transport: transport.kind, want, data })) controller.abort(new MurmurError('disconnected', `no signals get to ${peer}`));
      },
      onSignal: (handler) => attempt.inbox.onSignal(handler),
    };
    const cancelAnswer = clock.after(answerMs, () => controller.abort(new MurmurError('timeout', `${peer} did not answer within ${answerMs} ms`)));
    const cancelOpen = clock.after(openMs, () => controller.abort(new MurmurError('timeout', `no channel to ${peer} within ${openMs} ms`)));
    attempt.onHeard = cancelAnswer;
    let wire: Wire | null = null;
    try {
      wire = await transport.open(signalling, signal);
      cancelAnswer();
      await establish(peer, wire, 'called', signal);
    } catch (thrown) {
      wire?.close('no channel');
      if (!signal.aborted || !isRefusal(signal.reason)) way.send({ type: 'end', dial });
      throw signal.aborted ? toMurmurError(signal.reason) : toMurmurError(thrown);
    } finally {
      cancelAnswer();
      cancelOpen();
      endedNow(dial);
      call.attempt = null;
    }
  }

  async function tryAll(peer: EdgeId, call: Call, want: Want): Promise<void> {
    let last = new MurmurError('disconnected', `nobody knows a way to ${peer}`);
    if (call.yields) return otherSides(peer, call);
    for (const transport of transports()) {
      for (const way of waysTo(peer)) {
        if (call.yields) return otherSides(peer, call);
        let heard = false;
        try {
          const attempt = attemptBy(peer, call, want, transport, way);
          const current = call.attempt;
          await attempt.finally(() => {
            heard = current?.heard ?? false;
          });
          onAttempt({ peer, transport: transport.kind, way: way.name, error: null });
          return;
        } catch (thrown) {
          call.stopper.signal.throwIfAborted();
          if (call.yields) return otherSides(peer, call);
          last = toMurmurError(thrown);
          onAttempt({ peer, transport: transport.kind, way: way.name, error: last });
          if (isRefusal(last)) throw last;
          // Signals went there and back: another way for them changes nothing.
          if (heard) break;
        }
      }
    }
    throw last;
  }

  /** The other side's call stands. It settles this one; where it comes to nothing, so does this. */
  async function otherSides(peer: EdgeId, call: Call): Promise<void> {
    await Promise.race([call.promise, sleep(clock, openMs, AbortSignal.any([call.stopper.signal, settledSignal(call)]))]);
    if (calls.get(peer) === call) throw new MurmurError('timeout', `${peer} called at the same time, and no channel came of it`);
  }

  function settledSignal(call: Call): AbortSignal {
    const controller = new AbortController();
    void call.promise.then(() => controller.abort(), () => undefined);
    return controller.signal;
  }

  function call(peer: EdgeId, want: Want): Promise<void> {
    if (stopped) return Promise.reject(new MurmurError('aborted', 'the mesh has stopped'));
    const current = calls.get(peer);
    if (current !== undefined) return current.promise;
    let resolve = (): void => undefined;
    let reject: (error: MurmurError) => void = () => undefined;
    const promise = new Promise<void>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    promise.catch(() => undefined);
    const made: Call = { attempt: null, yields: answering(peer), promise, resolve, stopper: new AbortController() };
    calls.set(peer, made);
    const over = (): void => {
      if (calls.get(peer) === made) calls.delete(peer);
    };
    track(
      tryAll(peer, made, want).then(
        () => {
          over();
          resolve();
        },
        (thrown: unknown) => {
          over();
          reject(toMurmurError(thrown));
        },
      ),
    );
    return promise;
  }

  function yieldTo(call: Call): void {
    call.yields = true;
    call.attempt?.controller.abort(new MurmurError('conflict', 'the other side called at the same time'));
  }

  function answer(peer: EdgeId, { dial, transport: kind, want }: Extract<DialSignal, { type: 'call' }>, back: SignalWay): SignalInbox | null {
    const refuse = (why: 'full' | 'crossed' | 'unwanted' | 'failed'): null => {
      endedNow(dial);
      back.send({ type: 'refuse', dial, why });
      return null;
    };
    const own = calls.get(peer);
    const transport = transports().find((one) => one.kind === kind);
    if (stopped || transport === undefined) return refuse('failed');
    const admitted = admits(peer, want);
    if (admitted !== 'yes') return refuse(admitted);
    if (answers.size >= MOST_ANSWERED) return refuse('full');
    if (own !== undefined && !own.yields && own.attempt !== null && self < peer) return refuse('crossed');
    const inbox = createSignalInbox();
    const controller = new AbortController();
    // One attempt of each peer: a new one says that it has given up the last.
    for (const [other, one] of answers) if (one.peer === peer) callOff(other, new MurmurError('conflict', 'it calls anew'));
    answers.set(dial, { peer, inbox, controller });
    if (own !== undefined) yieldTo(own);
    track(answerBy(peer, dial, transport, inbox, controller, back));
    return inbox;
  }

  async function answerBy(peer: EdgeId, dial: string, transport: PeerTransport, inbox: SignalInbox, controller: AbortController, back: SignalWay): Promise<void> {
    const { signal } = controller;
    let number = 0;
    const signalling: Signalling = {
      peer,
      send(data) {
        if (!signal.aborted && !back.send({ type: 'back', dial, number: number++, data })) controller.abort(new MurmurError('disconnected', `no signals get back to ${peer}`));
      },
      onSignal: (handler) => inbox.onSignal(handler),
    };
    const cancel = clock.after(openMs, () => controller.abort(new MurmurError('timeout', `no channel from ${peer} within ${openMs} ms`)));
    let wire: Wire | null = null;
    try {
      wire = await transport.answer(signalling, signal);
      await establish(peer, wire, 'answered', signal);
    } catch (thrown) {
      wire?.close('no channel');
      if (!signal.aborted) back.send({ type: 'refuse', dial, why: 'failed' });
      const own = calls.get(peer);
      if (own?.yields === true) own.stopper.abort(toMurmurError(thrown));
    } finally {
      cancel();
      endedNow(dial);
      answers.delete(dial);
    }
  }

  function callOff(dial: string, reason: MurmurError): void {
    answers.get(dial)?.controller.abort(reason);
    answers.delete(dial);
  }

  return {
    call,
    onSignal(from, signal, back) {
      if (signal.type === 'call') {
        const known = answers.get(signal.dial);
        if (known !== undefined && known.peer !== from) return;
        if (known === undefined && ended.has(signal.dial)) return;
        (known?.inbox ?? answer(from, signal, back))?.put(signal.number, signal.data);
        return;
      }
      if (signal.type === 'end') {
        if (answers.get(signal.dial)?.peer === from) callOff(signal.dial, new MurmurError('aborted', 'the other side gave up'));
        return;
      }
      const call = calls.get(from);
      const attempt = call?.attempt;
      if (call === undefined || attempt?.dial !== signal.dial) return;
      attempt.heard = true;
      attempt.onHeard();
      if (signal.type === 'back') attempt.inbox.put(signal.number, signal.data);
      else if (signal.why === 'crossed') yieldTo(call);
      else if (signal.why === 'failed') attempt.controller.abort(new MurmurError('disconnected', `${from} could not open the channel`));
      else attempt.controller.abort(signal.why === 'full' ? new MurmurError('unavailable', `${from} has no room`, { details: FULL }) : unwantedBy(from));
    },
    unroutable(target, dial) {
      const attempt = calls.get(target)?.attempt;
      if (attempt?.dial === dial) attempt.controller.abort(new MurmurError('disconnected', `no signals get to ${target}`));
      if (answers.get(dial)?.peer === target) callOff(dial, new MurmurError('disconnected', `no signals get back to ${target}`));
    },
    settled(peer) {
      const own = calls.get(peer);
      if (own === undefined || !own.yields) return;
      calls.delete(peer);
      own.resolve();
    },
    isBusyWith: (peer) => calls.has(peer) || answering(peer),
    get attempts() {
      return calls.size + answers.size;
    },
    async stop() {
      stopped = true;
      const reason = new MurmurError('aborted', 'the mesh has stopped');
      for (const { stopper } of calls.values()) stopper.abort(reason);
      for (const { controller } of answers.values()) controller.abort(reason);
      await Promise.allSettled([...running]);
    },
  };
}

/** Whether the other side can be reached, and said no. */
export const isRefusal = (thrown: unknown): boolean => thrown instanceof MurmurError && (thrown.details === FULL || thrown.details === UNWANTED);

/** Whether it said no for as long as it knows this peer, and not only for want of room. */
export const isUnwanted = (thrown: unknown): boolean => thrown instanceof MurmurError && thrown.details === UNWANTED;

export const unwantedBy = (peer: EdgeId): MurmurError => new MurmurError('unavailable', `${peer} wants no channel`, { details: UNWANTED });
