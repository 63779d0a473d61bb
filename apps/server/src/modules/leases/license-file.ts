import type { LicenseFile } from '@thrivetech/contracts';
import { signRevocations } from '@thrivetech/lease';
import { secondMs } from '../../platform/clock.ts';
import { issuer, type KeyRing } from './key-ring.ts';
import type { GivenLease } from './lease-issuer.ts';

/**
 * All that a machine without a network needs: its lease, the keys to check it with, and a bulletin of the devices that
 * lost their seat, so that an older file for such a seat is worth nothing where this one was imported.
 *
 * @param ended devices of the license that were deactivated, the newest first; times in epoch milliseconds.
 */
export function makeLicenseFile(
  keyRing: KeyRing,
  now: number,
  lease: GivenLease,
  ended: readonly { id: string; deactivated_at: number }[],
): LicenseFile {
  return {
    format: 'thrive-license-file',
    version: 1,
    lease: lease.token,
    keyset: keyRing.published.keyset,
    revocations: signRevocations(
      {
        ver: 1,
        iss: issuer,
        iat: Math.floor(now / secondMs),
        // Not lower than what it tells of, also with a clock that was set back: no bulletin without an end outranks it.
        seq: Math.max(now, ended[0]?.deactivated_at ?? 0),
        leases: [],
        licenses: [],
        devices: ended.map(({ id }) => id),
      },
      keyRing.signerAt(now),
    ),
  };
}
