import type { ErrorCode } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import type { ErrorDetails } from './app-error.ts';
import { dayMs } from './clock.ts';
import type { Seal } from './crypto/seal.ts';
import type { RequestContext } from './request-context.ts';

/** How long a first answer is replayed. */
const retentionMs = dayMs;

/** An answer as it is stored: the result of a success, or the operation's own refusal. */
export type StoredAnswer =
  | { readonly result: unknown }
  | { readonly error: { code: ErrorCode; message: string; details?: ErrorDetails } };

interface IdempotencyRecord {
  readonly procedure: string;
  readonly request_hash: string;
  readonly answer: StoredAnswer;
}

/** Remembers first answers by account and idempotency key. Answers may hold secrets, so they lie there encrypted. */
export interface IdempotencyStore {
  find(db: Knex, account_id: string, key: string, now: number): Promise<IdempotencyRecord | null>;
  /** Forgets the answers of all operations whose name begins so. */
  forget(db: Knex, account_id: string, procedurePrefixes: readonly string[]): Promise<void>;
  /** Removes answers that are no longer replayed. @returns how many. */
  removeExpired(db: Knex, now: number, limit: number): Promise<number>;
  /** @throws a unique violation when another request under the same key was stored first. */
  storeAnswer(db: Knex, request: RequestContext, answer: StoredAnswer): Promise<void>;
}

export function createIdempotencyStore(seal: Seal): IdempotencyStore {
  const purpose = (account_id: string, key: string) => `idempotency/${account_id}/${key}`;
  return {
    async find(db, account_id, key, now) {
      const row = await db('idempotency_keys')
        .where({ account_id, key })
        .where('expires_at', '>', now)
        .first();
      if (!row) return null;
      const answer = JSON.parse(seal.open(row.answer_sealed, purpose(account_id, key))) as StoredAnswer;
      return { procedure: row.procedure, request_hash: row.request_hash, answer };
    },

    async forget(db, account_id, procedurePrefixes) {
      await db('idempotency_keys')
        .where({ account_id })
        .where((any) => {
          for (const prefix of procedurePrefixes) any.orWhereLike('procedure', `${prefix}%`);
        })
        .delete();
    },

    async removeExpired(db, now, limit) {
      const ended = await db('idempotency_keys')
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(limit)
        .select('account_id', 'key');
      const rows = ended.map(({ account_id, key }): [string, string] => [account_id, key]);
      if (rows.length > 0)
        await db('idempotency_keys')
          .whereIn(['account_id', 'key'], rows)
          .where('expires_at', '<=', now)
          .delete();
      return rows.length;
    },

    async storeAnswer(db, request, answer) {
      const { idempotency: claim, actor } = request;
      if (!claim || claim.stored) return;
      const owner = { account_id: actor.account_id, key: claim.key };
      await db('idempotency_keys').where(owner).where('expires_at', '<=', request.now).delete();
      await db('idempotency_keys').insert({
        ...owner,
        procedure: claim.procedure,
        request_hash: claim.request_hash,
        answer_sealed: seal.seal(JSON.stringify(answer), purpose(owner.account_id, owner.key)),
        created_at: request.now,
        expires_at: request.now + retentionMs,
      });
      claim.stored = true;
    },
  };
}
