import type { KeyObject } from 'node:crypto';
import type { AuditEntry } from '@thrivetech/contracts';
import { toTimestamp } from '../../platform/clock.ts';
import { hmacHex, sha256Hex } from '../../platform/crypto/digest.ts';
import { fromJsonOrNull } from '../../platform/db/columns.ts';

/** An audit entry as it is stored. */
export interface AuditRecord {
  readonly id: string;
  readonly account_id: string;
  /** Counts the account's entries, without a gap. */
  readonly sequence: number;
  readonly created_at: number;
  readonly actor_id: string;
  readonly actor_type: string;
  readonly address: string;
  readonly request_id: string;
  readonly action: string;
  readonly target_id: string;
  /** JSON; null when there is none, or when it was erased. */
  readonly before: string | null;
  readonly after: string | null;
  /** Random; without it `content_hash` tells nothing about what was erased. After an erasure: {@link erasedMark}. */
  readonly salt: string | null;
  readonly content_hash: string;
  readonly hash: string;
}

const erasedPrefix = 'erased:';

/** Stands where the salt was: whoever does not hold the key cannot pass a removal off as an erasure. */
export const erasedMark = (key: Uint8Array, entryId: string): string =>
  erasedPrefix + hmacHex(key, `erased/${entryId}`);

/** Stands for before and after in the chain, so that erasing them does not break it. */
export const contentHash = ({
  salt,
  before,
  after,
}: Pick<AuditRecord, 'salt' | 'before' | 'after'>): string =>
  sha256Hex(JSON.stringify([salt, before, after]));

/**
 * Binds an entry to all before it. Keyed: who can write to the database but does not hold the master key cannot make
 * a chain that verifies.
 */
export function chainHash(
  key: Uint8Array | KeyObject,
  previous: string,
  entry: Omit<AuditRecord, 'hash'> & { readonly hash?: string },
): string {
  const { before: _before, after: _after, salt: _salt, hash: _hash, ...facts } = entry;
  const inOrder = Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1));
  return hmacHex(key, JSON.stringify([previous, inOrder]));
}

export function auditEntryView(entry: AuditRecord): AuditEntry {
  return {
    id: entry.id,
    sequence: entry.sequence,
    created_at: toTimestamp(entry.created_at),
    actor_type: entry.actor_type,
    actor_id: entry.actor_id,
    address: entry.address,
    request_id: entry.request_id,
    action: entry.action,
    target_id: entry.target_id,
    before: fromJsonOrNull(entry.before),
    after: fromJsonOrNull(entry.after),
    erased: entry.salt?.startsWith(erasedPrefix) ?? false,
    hash: entry.hash,
  };
}
