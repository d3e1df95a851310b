/**
 * The edges' conversations with the coordinator. Every message is parsed by its schema
 * before anything else sees it; nothing that comes from outside throws past `answer`.
 */
import { randomBytes as platformRandomBytes } from '#platform/crypto';
import { MurmurError, toErrorBody } from '../../shared/errors.ts';
import { toHex } from '../../shared/hex.ts';
import { withCheckedReplies } from '../../shared/protocol/checked-replies.ts';
import type { Link } from '../../shared/protocol/link.ts';
import { coordinatorReplyParsers, edgeRequestParsers, edgeRequests, type CoordinatorToEdge } from '../../shared/protocol/messages.ts';
import { unavailableFor } from '../../shared/protocol/retry-after.ts';
import { createEdgeRequestHandlers, edgeOf, type Conversation, type RequestHouse } from './edge-requests.ts';
import { createFrameBounds, type FrameBounds } from './frame-bounds.ts';
import { createLobby, type Lobby } from '../../shared/protocol/lobby.ts';

export interface EdgeGatewayOptions extends Omit<RequestHouse, 'frameBounds'> {
  readonly frameBounds?: FrameBounds;
  readonly lobby?: Lobby;
  /** What challenges are made of. For simulations, which must be the same each time. */
  readonly randomBytes?: (count: number) => Uint8Array;
}

type RequestType = keyof typeof edgeRequests;
/** What may be asked before the session is open. */
const BEFORE_SESSION = new Set<RequestType>(['hello', 'enrol', 'authenticate']);
/** Problems of one message that its refusal names: a message of a million wrong values must not get a million lines back. */
const MOST_ISSUES = 10;
const LONGEST_ISSUE = 200;

/** What it gives serves one link until that closes; to be called for each. */
export function createEdgeGateway(options: EdgeGatewayOptions): (wire: Link<CoordinatorToEdge>) => void {
  const { coordinator, clock, logger, frameBounds = createFrameBounds(coordinator), lobby = createLobby(clock), randomBytes = platformRandomBytes } = options;
  const handlers = createEdgeRequestHandlers({ ...options, frameBounds });

  function handle<Type extends RequestType>(from: Conversation, type: Type, payload: unknown): Promise<object> | object {
    const parsed = edgeRequestParsers[type].safeParse(payload);
    if (!parsed.success) {
      const issues = parsed.error.issues.slice(0, MOST_ISSUES).map(({ path, message }) => ({ path: path.map(String).join('.').slice(0, LONGEST_ISSUE), message: message.slice(0, LONGEST_ISSUE) }));
      throw new MurmurError('bad_message', `${type}: ${issues.map(({ path, message }) => `${path || '(message)'}: ${message}`).join('; ')}`, { details: issues });
    }
    if (!BEFORE_SESSION.has(type)) edgeOf(from);
    return handlers[type](from, parsed.data);
  }

  function noteRefusal(from: Conversation, type: string, thrown: unknown): void {
    const body = toErrorBody(thrown);
    logger[body.code === 'internal' ? 'error' : 'debug']({ edge: from.session?.id, type, code: body.code, err: thrown }, 'request refused');
  }

  /** Not `async`: a promise more for each of all requests. */
  function answer(from: Conversation, type: string, payload: unknown): Promise<object> {
    try {
      if (!Object.hasOwn(edgeRequests, type)) throw new MurmurError('bad_message', `there is no message of type ${JSON.stringify(type.slice(0, 50))}`);
      return Promise.resolve(handle(from, type as RequestType, payload)).catch((thrown: unknown) => {
        noteRefusal(from, type, thrown);
        throw thrown;
      });
    } catch (thrown) {
      noteRefusal(from, type, thrown);
      return Promise.reject(thrown);
    }
  }

  return (wire) => {
    const entry = lobby.enter(wire);
    if (!entry.admitted) {
      const { retryAfterMs } = entry;
      wire.onRequest(() => Promise.reject(unavailableFor(retryAfterMs, `too many connections have not said yet who they are; try again in ${Math.ceil(retryAfterMs / 1000)} s`)));
      return;
    }
    const conversation: Conversation = { link: withCheckedReplies(wire, coordinatorReplyParsers), challenge: toHex(randomBytes(32)), protocolMinor: null, session: null, leaveLobby: entry.leave };
    wire.onRequest((type, payload) => answer(conversation, type, payload));
  };
}
