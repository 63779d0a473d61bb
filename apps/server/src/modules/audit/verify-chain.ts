import type { AuditRepository } from './audit.repository.ts';
import { chainHash, contentHash, erasedMark } from './audit-entry.ts';

/** What a look at the whole chain of an account found. */
export interface ChainReport {
  /** Entries that hold together from the first one on. */
  readonly verified: number;
  /** The first link that does not hold; null: all do. */
  readonly broken: { readonly sequence: number; readonly reason: string } | null;
}

const batchSize = 500;

/**
 * Goes through the audit chain of an account. It finds changed, removed and inserted entries, also at the end. It does
 * not find that somebody who holds the master key wrote the whole chain anew.
 */
export async function verifyAuditChain(
  audit: AuditRepository,
  account_id: string,
  chainKey: Uint8Array,
): Promise<ChainReport> {
  let sequence = 0;
  let previous = '';
  const broken = (reason: string, at = sequence + 1): ChainReport => ({
    verified: sequence,
    broken: { sequence: at, reason },
  });

  for (let batch = await audit.after(account_id, 0, batchSize); batch.length > 0; ) {
    for (const entry of batch) {
      if (entry.sequence !== sequence + 1) return broken('the entry is missing');
      if (chainHash(chainKey, previous, entry) !== entry.hash)
        return broken('the entry was changed, or the one before it');
      const isErased =
        entry.salt === erasedMark(chainKey, entry.id) && entry.before === null && entry.after === null;
      if (!isErased && contentHash(entry) !== entry.content_hash) return broken('its contents were changed');
      sequence = entry.sequence;
      previous = entry.hash;
    }
    batch = await audit.after(account_id, sequence, batchSize);
  }
  const head = await audit.head(account_id);
  if (head.sequence !== sequence || head.hash !== previous) return broken('entries at the end are missing');
  return { verified: sequence, broken: null };
}
