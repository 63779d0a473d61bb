import {
  CLOCK_POLICY,
  FLOATING_LEASE,
  fingerprintClaim,
  type LeaseTimes,
  leaseTimes,
  signLease,
} from '@thrivetech/lease';
import { hmacSha256 } from '@thrivetech/lease/node';
import { LRUCache } from 'lru-cache';
import { secondMs } from '../../platform/clock.ts';
import { sha256Hex } from '../../platform/crypto/digest.ts';
import type { NewId, RandomBytes } from '../../platform/ids.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import { type DeviceRecord, endOfLicense, type LicenseRecord, type StoredLease } from '../licenses/index.ts';
import { issuer, type KeyRing } from './key-ring.ts';

/** Gives devices the proof they hold while offline. */
export interface LeaseIssuer {
  /**
   * The lease of a device: the one it has, until that is due for refresh, says something that is no longer so, or the
   * caller sent a nonce. Signing costs more than all the rest of a validation.
   *
   * The license must work at `request.now`; state is judged before.
   */
  issue(
    request: RequestContext,
    license: LicenseRecord,
    device: DeviceRecord,
    nonce: string | undefined,
  ): Promise<StoredLease>;
}

const daySeconds = 86_400;
const rememberedDevicesMax = 50_000;

export function createLeaseIssuer(options: {
  keyRing: KeyRing;
  newId: NewId;
  random: RandomBytes;
  /** Stores, sooner or later, which number the newest lease of a device has. */
  noteSequence: (device_id: string, sequence: number) => void;
}): LeaseIssuer {
  const { keyRing, newId, random, noteSequence } = options;
  const newest = new LRUCache<string, number>({ max: rememberedDevicesMax });

  // Rises with every lease of a device, without a write for each: the time does, and what was given before guards
  // against a second lease in the same millisecond and against a clock that was set back.
  const nextSequence = (device: DeviceRecord, now: number): number => {
    const sequence = Math.max(device.lease_sequence + 1, (newest.get(device.id) ?? 0) + 1, now);
    newest.set(device.id, sequence);
    noteSequence(device.id, sequence);
    return sequence;
  };

  return {
    async issue(request, license, device, nonce) {
      const { now } = request;
      const signer = keyRing.signerAt(now);
      const basis = basisOf(license, device, signer.kid);
      const { lease } = device;
      if (lease && nonce === undefined && now < lease.refresh_after && lease.basis === basis) return lease;

      const times = timesOf(license, now, random);
      const sequence = nextSequence(device, now);
      const token = signLease(
        {
          ver: 1,
          iss: issuer,
          aud: license.product_id,
          sub: license.id,
          jti: newId('lease', now),
          dev: device.id,
          seq: sequence,
          iat: times.iat,
          nbf: times.nbf,
          exp: times.exp,
          nonce,
          lic: {
            type: license.type,
            status: 'active',
            exp: license.expires_at === null ? null : Math.floor(license.expires_at / secondMs),
            limit: license.device_limit,
          },
          ent: license.features,
          fp: fingerprintClaim(
            { fingerprint: device.fingerprint, components: device.components },
            random(16),
            hmacSha256,
          ),
          pol: { refresh: times.refresh, grace: times.grace, ...CLOCK_POLICY },
        },
        signer,
      );
      return {
        token,
        sequence,
        key_id: signer.kid,
        issued_at: times.iat * secondMs,
        refresh_after: (times.iat + times.refresh) * secondMs,
        expires_at: times.exp * secondMs,
        grace_until: (times.exp + times.grace) * secondMs,
        basis,
      };
    },
  };
}

function timesOf(license: LicenseRecord, now: number, random: RandomBytes): LeaseTimes {
  const end = endOfLicense(license);
  const length =
    license.type === 'floating'
      ? FLOATING_LEASE
      : { leaseSeconds: license.lease_days * daySeconds, graceSeconds: license.grace_days * daySeconds };
  return leaseTimes({
    now: now / secondMs,
    ...length,
    // Rounded up: a license that ends within this second still works in it.
    licenseHardEnd: end === null ? null : Math.ceil(end / secondMs),
    jitter: (random(1)[0] ?? 0) / 255,
  });
}

function basisOf(license: LicenseRecord, device: DeviceRecord, kid: string): string {
  const { type, expires_at, grace_days, lease_days, device_limit, features } = license;
  const { fingerprint, components } = device;
  const facts = [
    kid,
    type,
    expires_at,
    grace_days,
    lease_days,
    device_limit,
    features,
    fingerprint,
    components,
  ];
  return sha256Hex(JSON.stringify(facts)).slice(0, 32);
}
