/** Replies are messages, too: a link that parses each by its schema before anybody sees it. */
import type { z } from 'zod';
import { MurmurError } from '../errors.ts';
import type { Link, RequestMap } from './link.ts';

export type ReplySchemas<Outgoing extends RequestMap> = { readonly [Type in keyof Outgoing]: z.ZodType<Outgoing[Type]['reply']> };

/** The same link; a reply that does not parse is thrown as `bad_message`, and keys that its schema does not know are dropped. */
export function withCheckedReplies<Outgoing extends RequestMap>(link: Link<Outgoing>, schemas: ReplySchemas<Outgoing>): Link<Outgoing> {
  return {
    get closed() {
      return link.closed;
    },
    async request(type, payload, options) {
      const parsed = schemas[type].safeParse(await link.request(type, payload, options));
      if (parsed.success) return parsed.data;
      const { path, message } = parsed.error.issues[0];
      throw new MurmurError('bad_message', `the reply to ${type} is wrong at ${path.map(String).join('.') || 'its top'}: ${message.slice(0, 200)}`);
    },
    onRequest: (handler) => link.onRequest(handler),
    onClose: (handler) => link.onClose(handler),
    close: (reason) => link.close(reason),
  };
}
