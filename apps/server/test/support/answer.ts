import type { ErrorCode } from '@thrivetech/contracts';

/** An answer, the same from both doors. */
export interface Answer<Data = Record<string, unknown>> {
  /** HTTP status. A success through tRPC is always 200. */
  readonly status: number;
  readonly success: boolean;
  /** Empty when the call failed. */
  readonly data: Data;
  readonly pagination?: { limit: number; has_more: boolean; next_cursor: string | null };
  readonly error?: { code: ErrorCode; message: string; details?: unknown };
  readonly headers: Headers;
  readonly request_id: string;
}

export interface CallOptions {
  /** API key; left out: no `Authorization` header. */
  readonly key?: string | undefined;
  readonly headers?: Record<string, string>;
}
