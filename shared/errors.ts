/**
 * The one error of the project, and the frozen table of its codes.
 *
 * A code is part of the wire protocol: other clients rely on it, so codes are
 * added, never renamed. `retryable` says whether the same request may succeed
 * later without being changed; `status` is what HTTP answers with.
 */

interface CodeFacts {
  readonly retryable: boolean;
  readonly status: number;
}

const table = {
  // what was sent cannot be understood
  bad_message: { retryable: false, status: 400 },
  bad_frame: { retryable: false, status: 400 },
  unsupported_version: { retryable: false, status: 426 },
  too_large: { retryable: false, status: 413 },
  // who sent it
  not_authenticated: { retryable: false, status: 401 },
  bad_token: { retryable: false, status: 401 },
  bad_signature: { retryable: false, status: 401 },
  revoked: { retryable: false, status: 403 },
  forbidden: { retryable: false, status: 403 },
  // a report that is not merged
  bad_layout: { retryable: false, status: 422 },
  not_finite: { retryable: false, status: 422 },
  norm_too_large: { retryable: false, status: 422 },
  out_of_range: { retryable: false, status: 422 },
  bad_weight: { retryable: false, status: 422 },
  unknown_assignment: { retryable: false, status: 404 },
  wrong_round: { retryable: false, status: 409 },
  wrong_task: { retryable: false, status: 409 },
  not_selected: { retryable: false, status: 403 },
  state_lost: { retryable: false, status: 409 },
  too_few_edges: { retryable: true, status: 409 },
  overlapping_assignments: { retryable: false, status: 409 },
  upload_mismatch: { retryable: true, status: 409 },
  too_many_uploads: { retryable: true, status: 429 },
  // things that are not there, or are there already
  not_found: { retryable: false, status: 404 },
  conflict: { retryable: false, status: 409 },
  // what an owner or an operator wrote
  bad_task_spec: { retryable: false, status: 422 },
  bad_dataset: { retryable: false, status: 422 },
  bad_config: { retryable: false, status: 400 },
  incompatible: { retryable: false, status: 422 },
  bad_usage: { retryable: false, status: 400 },
  // the machine beneath
  storage_failed: { retryable: true, status: 507 },
  storage_corrupt: { retryable: false, status: 500 },
  lease_lost: { retryable: true, status: 409 },
  backend_failed: { retryable: false, status: 500 },
  unavailable: { retryable: true, status: 503 },
  timeout: { retryable: true, status: 504 },
  disconnected: { retryable: true, status: 503 },
  aborted: { retryable: false, status: 499 },
  internal: { retryable: false, status: 500 },
} as const satisfies Record<string, CodeFacts>;

export type ErrorCode = keyof typeof table;

export const ERROR_CODES: Readonly<Record<ErrorCode, CodeFacts>> = Object.freeze(table);

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Machine-readable particulars (paths of wrong fields, offsets, limits); must be JSON. */
  readonly details?: unknown;
}

export class MurmurError extends Error {
  override readonly name = 'MurmurError';
  readonly code: ErrorCode;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

/** What crosses the wire in place of an error. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly details?: unknown;
}

/** Anything thrown, as a MurmurError; what is not ours becomes `internal` with its cause kept. */
export function toMurmurError(thrown: unknown, code: ErrorCode = 'internal'): MurmurError {
  if (thrown instanceof MurmurError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new MurmurError(code, message, { cause: thrown });
}

export function toErrorBody(thrown: unknown): ErrorBody {
  const error = toMurmurError(thrown);
  // Internal errors may carry paths or statements in their text: those stay in the log.
  const message = error.code === 'internal' ? 'internal error; the log of the coordinator says more' : error.message;
  const body: ErrorBody = { code: error.code, message, retryable: error.retryable };
  return error.details === undefined ? body : { ...body, details: error.details };
}

/** A code that is not in the table, from a newer version or a liar, is `internal`. */
export function fromErrorBody(body: { readonly code: string; readonly message: string; readonly details?: unknown }): MurmurError {
  return new MurmurError(isErrorCode(body.code) ? body.code : 'internal', body.message, { details: body.details });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

export function isMurmurError(thrown: unknown, code?: ErrorCode): thrown is MurmurError {
  return thrown instanceof MurmurError && (code === undefined || thrown.code === code);
}
