/** Replies are messages, too: a link that parses each by its schema before anybody sees it. */
import { MurmurError } from '../errors.ts';
import type { Parser } from './as-it-is.ts';
import type { Link, RequestMap } from './link.ts';

export type ReplySchemas<Outgoing extends RequestMap> = { readonly [Type in keyof Outgoing]: Parser<Outgoing[Type]['reply']> };

/** The same link; a reply that does not parse is thrown as `bad_message`, and keys that its schema does not know are dropped. */
export function withCheckedReplies<Outgoing extends RequestMap>(link: Link<Outgoing>, schemas: ReplySchemas<Outgoing>): Link<Outgoing> {
  return new CheckedLink(link, schemas);
}

/** A class for the reason that the link over a socket is one: each of many idle connections has one. */
class CheckedLink<Outgoing extends RequestMap> implements Link<Outgoing> {
  readonly #link: Link<Outgoing>;
  readonly #schemas: ReplySchemas<Outgoing>;

  constructor(link: Link<Outgoing>, schemas: ReplySchemas<Outgoing>) {
    this.#link = link;
    this.#schemas = schemas;
  }

  get closed(): boolean {
    return this.#link.closed;
  }

  request<Type extends keyof Outgoing & string>(type: Type, payload: Outgoing[Type]['request'], options?: { readonly timeoutMs?: number }): Promise<Outgoing[Type]['reply']> {
    return this.#link.request(type, payload, options).then((reply) => {
      const parsed = this.#schemas[type].safeParse(reply);
      if (parsed.success) return parsed.data;
      const { path, message } = parsed.error.issues[0];
      throw new MurmurError('bad_message', `the reply to ${type} is wrong at ${path.map(String).join('.') || 'its top'}: ${message.slice(0, 200)}`);
    });
  }

  onRequest(handler: (type: string, payload: unknown) => Promise<object>): void {
    this.#link.onRequest(handler);
  }

  onClose(handler: (reason: string) => void): void {
    this.#link.onClose(handler);
  }

  close(reason?: string): void {
    this.#link.close(reason);
  }
}
