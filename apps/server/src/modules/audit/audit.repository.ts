import { randomBytes } from 'node:crypto';
import type { Page } from '@thrivetech/contracts';
import { between, toJsonOrNull } from '../../platform/db/columns.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { NewId } from '../../platform/ids.ts';
import type { RequestContext } from '../../platform/request-context.ts';
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

export function createAuditRepository({ db, pager }: RepositoryTools, newId: NewId, chainKey: Uint8Array) {
  return {
    async record(request: RequestContext, change: AuditChange): Promise<void> {
      const { account_id, key_id, key_type } = request.actor;
      // The lock on this row lets one writer at a time extend the chain.
      const [link] = await db('account_counters')
        .where({ account_id })
        .increment('audit', 1)
        .returning(['audit', 'audit_hash']);
      const content = {
        before: toJsonOrNull(change.before),
        after: toJsonOrNull(change.after),
        salt: randomBytes(16).toString('base64url'),
      };
      const facts = {
        id: newId('audit_entry', request.now),
        account_id,
        sequence: link.audit,
        created_at: request.now,
        actor_id: key_id,
        actor_type: `${key_type}_key`,
        address: request.address,
        request_id: request.request_id,
        action: change.action,
        target_id: change.target_id,
        ...content,
        content_hash: contentHash(content),
      };
      const hash = chainHash(chainKey, link.audit_hash, facts);
      await db('audit_entries').insert({ ...facts, hash });
      await db('account_counters').where({ account_id }).update({ audit_hash: hash });
    },

    page(account_id: string, filter: AuditFilter): Promise<Page<AuditRecord>> {
      const { action, actor_id, target_id } = filter;
      return pager.page({
        query: db('audit_entries')
          .where({
            account_id,
            ...(action && { action }),
            ...(actor_id && { actor_id }),
            ...(target_id && { target_id }),
          })
          .modify(between, 'created_at', filter.created_after, filter.created_before),
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
