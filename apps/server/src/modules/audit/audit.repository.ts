import { createSecretKey, randomBytes } from 'node:crypto';
import type { Page } from '@thrivetech/contracts';
import { accountRows } from '../../platform/db/account-rows.ts';
import { toJsonOrNull } from '../../platform/db/columns.ts';
import { insertRows } from '../../platform/db/insert-rows.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { NewId } from '../../platform/ids.ts';
import { isSystem, type RequestContext } from '../../platform/request-context.ts';
import { type AuditRecord, chainHash, contentHash, erasedMark } from './audit-entry.ts';

/** One change by somebody, as the vendor will want to read it. */
export interface AuditChange {
  /** Noun and past verb: `license.revoked`. */
  readonly action: string;
  readonly target_id: string;
  /** Public views of the target; never a secret. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A change and the request that made it. */
export interface AuditNote {
  readonly request: RequestContext;
  readonly change: AuditChange;
}

export interface AuditFilter extends PageRequest {
  action?: string | undefined;
  actor_id?: string | undefined;
  target_id?: string | undefined;
  created_after?: string | undefined;
  created_before?: string | undefined;
}

/** Writes who did what into the transaction of the change itself. */
export type AuditLog = Pick<AuditRepository, 'record'>;
export type AuditRepository = ReturnType<typeof createAuditRepository>;

const saltBytes = 16;

export function createAuditRepository(
  { db, sql, pager }: RepositoryTools,
  newId: NewId,
  chainKey: Uint8Array,
) {
  async function recordMany(account_id: string, notes: readonly AuditNote[]): Promise<void> {
    if (notes.length === 0) return;
    // The lock on this row lets one writer at a time extend the chain.
    const [link] = await sql<{ audit: number; audit_hash: string }>(
      'update account_counters set audit = audit + ? where account_id = ? returning audit, audit_hash',
      [notes.length, account_id],
    );
    if (!link) throw new Error(`The account ${account_id} has no counters.`);
    // Imported once: that costs more than binding an entry to the chain.
    const key = createSecretKey(chainKey);
    const salts = randomBytes(saltBytes * notes.length);
    let sequence = link.audit - notes.length;
    let hash = link.audit_hash;
    const rows = notes.map(({ request, change }, index): AuditRecord => {
      const content = {
        before: toJsonOrNull(change.before),
        after: toJsonOrNull(change.after),
        salt: salts.toString('base64url', index * saltBytes, (index + 1) * saltBytes),
      };
      const facts = {
        id: newId('audit_entry', request.now),
        account_id,
        sequence: ++sequence,
        created_at: request.now,
        actor_id: request.actor.key_id,
        actor_type: isSystem(request.actor) ? 'system' : `${request.actor.key_type}_key`,
        address: request.address,
        request_id: request.request_id,
        action: change.action,
        target_id: change.target_id,
        ...content,
        content_hash: contentHash(content),
      };
      hash = chainHash(key, hash, facts);
      return { ...facts, hash };
    });
    await insertRows(sql, 'audit_entries', rows);
    await sql('update account_counters set audit_hash = ? where account_id = ?', [hash, account_id]);
  }

  return {
    record: (request: RequestContext, change: AuditChange): Promise<void> =>
      recordMany(request.actor.account_id, [{ request, change }]),

    /** The same for many changes of one account, in the order in which they happened. */
    recordMany,

    async page(account_id: string, filter: AuditFilter): Promise<Page<AuditRecord>> {
      const { action, actor_id, target_id, created_after: after, created_before: before } = filter;
      const rows = accountRows(db, 'audit_entries', account_id, filter);
      rows.query.where({
        ...(action && { action }),
        ...(actor_id && { actor_id }),
        ...(target_id && { target_id }),
      });
      rows.inWindow({ column: 'created_at', after, before, isOrder: false });
      await rows.begin();
      return pager.page({
        query: rows.query,
        request: filter,
        scope: `${account_id}/audit`,
        table: 'audit_entries',
        sortColumns: { created_at: 'sequence' },
        toItem: (row: AuditRecord) => row,
      });
    },

    /** The next entries of the chain after a sequence number. */
    after(account_id: string, sequence: number, limit: number): Promise<AuditRecord[]> {
      return db('audit_entries')
        .where({ account_id })
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(limit);
    },

    /** Where the chain should end. */
    async head(account_id: string): Promise<{ sequence: number; hash: string }> {
      const row = await db('account_counters').where({ account_id }).first('audit', 'audit_hash');
      return { sequence: row?.audit ?? 0, hash: row?.audit_hash ?? '' };
    },

    /**
     * Removes what entries say about these targets, and wherever they name this customer. That they happened stays, the
     * chain holds, and the mark proves that it was us who erased.
     */
    async eraseContents(
      account_id: string,
      customer_id: string,
      target_ids: readonly string[],
    ): Promise<void> {
      const naming = `%"${customer_id}"%`;
      const ids: string[] = await db('audit_entries')
        .where({ account_id })
        .where((any) =>
          any.whereIn('target_id', target_ids).orWhereLike('before', naming).orWhereLike('after', naming),
        )
        .pluck('id');
      for (const id of ids) {
        const erased = { before: null, after: null, salt: erasedMark(chainKey, id) };
        await db('audit_entries').where({ account_id, id }).update(erased);
      }
    },
  };
}
