import { AppError, conflict, invalid } from '../../platform/app-error.ts';
import { sha256Hex } from '../../platform/crypto/digest.ts';
import type { Connections, Dialect } from '../../platform/db/dialect/dialect.ts';
import type { IdempotencyStore, StoredAnswer } from '../../platform/idempotency.ts';
import type { IdempotencyClaim, RequestContext } from '../../platform/request-context.ts';
import { toAppError } from '../errors.ts';

const keyPattern = /^[!-~]{1,255}$/;

/** Runs an operation at most once per idempotency key; later calls get the first answer again. */
export interface IdempotencyGuard {
  /**
   * @param call.onReplay is told before a stored answer, good or bad, is given again.
   * @returns the answer.
   * @throws {AppError} CONFLICT when the key was used for another request or its first request still runs;
   *   VALIDATION_ERROR for a malformed key.
   */
  run(
    call: { key: string; procedure: string; input: unknown; request: RequestContext; onReplay: () => void },
    operation: (claim: IdempotencyClaim) => Promise<unknown>,
  ): Promise<unknown>;
}

export function createIdempotencyGuard(options: {
  store: IdempotencyStore;
  connections: Connections;
  dialect: Dialect;
}): IdempotencyGuard {
  const { store, connections, dialect } = options;
  const running = new Set<string>();

  return {
    async run({ key, procedure, input, request, onReplay }, operation) {
      if (!keyPattern.test(key)) {
        throw invalid('Idempotency-Key', 'must be 1 to 255 printable ASCII characters without spaces');
      }
      const claim: IdempotencyClaim = {
        // Two API keys of an account never meet under one name: a channel key cannot fetch an admin's answer.
        key: `${request.actor.key_id}/${key}`,
        procedure,
        request_hash: sha256Hex(canonicalJson(input)),
        stored: false,
      };
      const { account_id } = request.actor;
      const findAnswer = async (): Promise<StoredAnswer | null> => {
        const record = await store.find(connections.read, account_id, claim.key, request.now);
        if (!record) return null;
        if (record.procedure !== procedure || record.request_hash !== claim.request_hash) {
          throw conflict('idempotency_key_reused', 'This Idempotency-Key was used for another request.');
        }
        return record.answer;
      };
      const replay = (answer: StoredAnswer) => {
        onReplay();
        return unwrap(answer);
      };

      const runningKey = `${account_id}/${claim.key}`;
      if (running.has(runningKey)) {
        throw conflict(
          'idempotency_key_in_use',
          'The first request with this Idempotency-Key is still running.',
        );
      }
      running.add(runningKey);
      try {
        const stored = await findAnswer();
        if (stored) return replay(stored);
        const answer = await capture(() => operation(claim));
        if (!claim.stored)
          await store.storeAnswer(connections.write, { ...request, idempotency: claim }, answer);
        return unwrap(answer);
      } catch (error) {
        // Another process stored its answer first; our transaction was rolled back, so theirs is the answer.
        const stored = dialect.uniqueViolation(error)?.includes('idempotency_keys')
          ? await findAnswer()
          : null;
        if (stored) return replay(stored);
        throw error;
      } finally {
        running.delete(runningKey);
      }
    },
  };
}

/** The operation's own refusals are answers and are kept; what may go away by itself is not. */
async function capture(operation: () => Promise<unknown>): Promise<StoredAnswer> {
  try {
    return { result: await operation() };
  } catch (error) {
    const { code, message, details } = toAppError(error);
    if (code === 'INTERNAL_ERROR' || code === 'RATE_LIMIT_EXCEEDED') throw error;
    return { error: { code, message, ...(details && { details }) } };
  }
}

function unwrap(answer: StoredAnswer): unknown {
  if ('result' in answer) return answer.result;
  const { code, ...options } = answer.error;
  throw new AppError(code, options);
}

/** JSON with sorted names, so that the order of fields makes no other request. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
