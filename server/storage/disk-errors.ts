/** Errors of the system, told in words that an operator can act on. */
import { MurmurError } from '../../shared/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space or move the data folder',
  EDQUOT: 'the disk quota is used up; free some space or have it raised',
  EFBIG: 'the file would grow larger than the system allows',
  EROFS: 'the file system is mounted read-only; mount it writable or choose another data folder',
  EACCES: 'it is not readable and writable for this user; change its owner or mode, or choose another data folder',
  EPERM: 'the system does not permit it for this user; change its owner or mode, or choose another data folder',
  ENOTDIR: 'a part of the path is a file, not a folder; choose another data folder',
  EEXIST: 'a file stands where it or a folder above it should be',
  EISDIR: 'it is a folder where a file is expected',
  ENOENT: 'it is not there; was the data folder removed while in use?',
  ENAMETOOLONG: 'the path is longer than the system allows; choose a shorter data folder',
  ELOOP: 'symbolic links on the path lead in a circle',
  EMFILE: 'this process has too many files open; raise its limit (ulimit -n)',
  ENFILE: 'the system has too many files open',
  EIO: 'the device reported an input/output error; look at the system log and check the disk',
  ESTALE: 'the network file system lost the file; mount it again',
  EBUSY: 'another process holds it',
};

/** The system's code (`ENOSPC`) of something thrown; null where it has none. */
export function systemCodeOf(thrown: unknown): string | null {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return null;
  return typeof thrown.code === 'string' ? thrown.code : null;
}

/** `storage_failed`: what was tried, on which path, why it failed, what to do. An error that is ours already stays as it is. */
export function storageFailure(thrown: unknown, action: string, path: string): MurmurError {
  if (thrown instanceof MurmurError) return thrown;
  const code = systemCodeOf(thrown);
  const reason = code === null ? undefined : REASONS[code];
  const words = reason ?? (thrown instanceof Error ? thrown.message : String(thrown));
  const message = `cannot ${action} ${path}: ${words}${reason === undefined ? '' : ` (${code})`}`;
  return new MurmurError('storage_failed', message, { cause: thrown, details: { path, reason: code } });
}
