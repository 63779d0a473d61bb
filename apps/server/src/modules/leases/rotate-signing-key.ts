import { secondMs, toTimestamp } from '../../platform/clock.ts';
import type { Seal } from '../../platform/crypto/seal.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { AuditLog } from '../audit/index.ts';
import { ensureSigningKey, newSigningKey } from './key-ring.ts';
import type { SigningKeyRecord, SigningKeyRepository } from './signing-key.repository.ts';

/**
 * A new key to sign leases with. Older ones stay in the keyset, so that leases in the field still verify; they may sign
 * for `overlapMs` more, for servers that have not noticed yet. Every account's audit log tells of it: one key signs for all.
 */
export async function rotateSigningKey(
  deps: { uow: UnitOfWork<{ signingKeys: SigningKeyRepository; audit: AuditLog }>; seal: Seal },
  requests: readonly RequestContext[],
  { now, overlapMs }: { now: number; overlapMs: number },
): Promise<SigningKeyRecord> {
  return deps.uow.runInternal(async (tx) => {
    const old = await ensureSigningKey(tx.signingKeys, deps.seal, now);
    // A second later than the newest, whatever the clock says: keysets count by it.
    const valid_from = Math.max(now, ...old.map((key) => key.valid_from + secondMs));
    const key = newSigningKey(deps.seal, valid_from);
    for (const { kid } of old) await tx.signingKeys.end(kid, valid_from + overlapMs);
    await tx.signingKeys.insert(key);
    for (const request of requests) {
      await tx.audit.record(request, {
        action: 'signing_key.rotated',
        target_id: key.kid,
        after: { kid: key.kid, valid_from: toTimestamp(valid_from), overlap_ms: overlapMs },
      });
    }
    return key;
  });
}
