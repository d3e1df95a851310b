/** One GET for bytes: what a checkpoint source needs of a platform's HTTP. */

export interface GetOptions {
  /** Asks for what lies from this byte on, where it is not 0. */
  readonly from: number;
  readonly signal: AbortSignal;
  /** Gets the body of a 200 or a 206, piece by piece as it comes; what it throws ends the request and is thrown. */
  readonly onBytes: (status: number, bytes: Uint8Array) => void;
}

/** Resolves with the status once the whole body has come. Throws where the connection fails or breaks before that. */
export type HttpGet = (url: URL, options: GetOptions) => Promise<number>;

export const rangeHeaders = (from: number): Record<string, string> => (from > 0 ? { range: `bytes=${from}-` } : {});

export const fetchGet: HttpGet = async (url, { from, signal, onBytes }) => {
  const { status, ok, body } = await fetch(url, { signal, headers: rangeHeaders(from) });
  if (!ok || !body) {
    await body?.cancel();
    return status;
  }
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) onBytes(status, read.value);
  } catch (thrown) {
    await reader.cancel().catch(() => undefined);
    throw thrown;
  }
  return status;
};
