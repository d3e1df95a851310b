/** What a file system throws: an error with a system code, as Node's are. */
export class SystemError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}
