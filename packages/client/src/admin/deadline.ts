import type { Clock } from '../api/clock.ts';
import { ThriveError } from '../errors.ts';

/** Bounds what one try may take. */
export interface Deadline {
  /** For `fetch`: aborts when the try has ended without an answer. */
  readonly signal: AbortSignal;
  /**
   * What `work` gives. Each work gets the whole time anew: a long stream is fine as long as something comes.
   *
   * @throws {ThriveError} TIMEOUT; ABORTED when the caller's signal aborts. Also for work that does not heed `signal`.
   */
  during<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** What an administrator can do: there is no lease to live on here, and nothing goes on by itself. */
export const sendAgain =
  'Check the address and the network, then call again; with the same `idempotencyKey` nothing is done twice.';

export function createDeadline(options: {
  readonly clock: Required<Clock>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}): Deadline {
  const { clock, timeoutMs, signal } = options;
  const controller = new AbortController();
  return {
    signal: controller.signal,
    during: (work) =>
      new Promise((resolve, reject) => {
        const end = (code: 'TIMEOUT' | 'ABORTED') => {
          release();
          reject(new ThriveError(code, { action: sendAgain }));
          controller.abort();
        };
        const onAbort = () => end('ABORTED');
        const cancelTimeout = clock.after(timeoutMs, () => end('TIMEOUT'));
        const release = () => {
          cancelTimeout();
          signal?.removeEventListener('abort', onAbort);
        };
        signal?.addEventListener('abort', onAbort);
        if (signal?.aborted) return onAbort();
        work().then(resolve, reject).finally(release);
      }),
  };
}
