/** How the process ends once its command has: by itself, or else soon. */

/** Milliseconds: more than whatever was closed takes to be gone. */
const LINGER_MS = 2_000;

/**
 * A process whose command is done has nothing to wait for, but native libraries have threads of their own, and have been seen
 * to hold it for good: it ends by itself, or it is ended.
 */
export function endProcess(exitCode: number): void {
  process.exitCode = exitCode;
  const end = (): void => {
    // A slow reader gets all that was written.
    if (process.stdout.writableLength > 0 || process.stderr.writableLength > 0) setTimeout(end, LINGER_MS).unref();
    else process.exit();
  };
  setTimeout(end, LINGER_MS).unref();
}
