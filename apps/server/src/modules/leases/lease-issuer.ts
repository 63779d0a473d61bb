import {
  CLOCK_POLICY,
  FLOATING_LEASE,
  fingerprintClaim,
  type LeaseTerms,
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
    terms: LeaseRequest,
  ): Promise<StoredLease>;
  /** Says that a lease was given and not stored with its device: no later one may have a lower number. */
  noteGiven(device: Pick<DeviceRecord, 'id'>, lease: StoredLease): void;
  /**
   * A lease that grants nothing: it ends in LICENSE_NOT_ACTIVE, and proves that this refusal is ours and answers this
   * very request. Without that whoever poses as this server could lock out a user who paid. It is never stored.
   *
   * @param device as the machine presents itself, so that the lease is about the machine that asks.
   */
  refuse(
    request: RequestContext,
    license: LicenseRecord,
    device: DeviceRecord,
    refusal: { status: RefusedStatus; nonce: string },
  ): GivenLease;
}

export interface LeaseRequest {
  /** Asks for a lease that is made now and carries it. */
  readonly nonce: string | undefined;
  /**
   * For a machine without a network: so many days instead of the license's own. Never less than the device holds
   * already: it could as well not import the file, so a shorter one would only seem to take something back.
   */
  readonly offlineDays?: number | undefined;
}

/** Why a signed refusal refuses; `lic.status` of its lease. */
export type RefusedStatus = 'expired' | 'revoked' | 'suspended' | 'not_started' | 'deactivated';

/** A lease as it is handed out. */
export type GivenLease = Omit<StoredLease, 'basis'>;

const daySeconds = 86_400;
/** Long enough for the way back to the app; nothing is lost when it ends. */
const refusalSeconds = 300;
const rememberedDevicesMax = 50_000;

/** Worked out once for a machine that asks again and again: rows in the cache are the same objects until they change. */
const bases = new WeakMap<
  DeviceRecord['components'],
  { kid: string; license: LicenseRecord; fingerprint: string; basis: string }
>();

export function createLeaseIssuer(options: {
  keyRing: KeyRing;
  newId: NewId;
  random: RandomBytes;
  /** Stores, sooner or later, which number the newest lease of a device has, where that was not stored with it. */
  noteSequence: (device_id: string, sequence: number) => void;
}): LeaseIssuer {
  const { keyRing, newId, random, noteSequence } = options;
  const newest = new LRUCache<string, number>({ max: rememberedDevicesMax });

  const latestOf = (device: DeviceRecord): number =>
    Math.max(device.lease_sequence, newest.get(device.id) ?? 0);

  // Rises with every lease of a device, without a write for each: the time does, and what was given before guards
  // against a second lease in the same millisecond and against a clock that was set back.
  const nextSequence = (device: DeviceRecord, now: number): number => {
    const sequence = Math.max(latestOf(device) + 1, now);
    newest.set(device.id, sequence);
    return sequence;
  };

  const sign = (
    request: RequestContext,
    license: LicenseRecord,
    device: DeviceRecord,
    said: {
      times: LeaseTimes;
      nonce: string | undefined;
      status: string;
      features: LicenseRecord['features'];
    },
  ): GivenLease => {
    const { now } = request;
    const { times, nonce, status, features } = said;
    const signer = keyRing.signerAt(now);
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
          status,
          exp: license.expires_at === null ? null : Math.floor(license.expires_at / secondMs),
          limit: license.device_limit,
        },
        ent: features,
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
    };
  };

  return {
    async issue(request, license, device, { nonce, offlineDays }) {
      const { now } = request;
      const basis = basisOf(keyRing.signerAt(now).kid, license, device);
      const { lease } = device;
      const isGood = lease !== null && now < lease.refresh_after && lease.basis === basis;
      // One with a nonce may have been given since: an app takes none that is older than what it has seen.
      if (isGood && nonce === undefined && lease.sequence >= latestOf(device)) return lease;

      const length =
        offlineDays === undefined
          ? usualLength(license)
          : offlineLength(license, lease, { offlineDays, now });
      const times = timesOf(license, length, now, random);
      const { features } = license;
      return { ...sign(request, license, device, { times, nonce, status: 'active', features }), basis };
    },

    noteGiven: (device, lease) => noteSequence(device.id, lease.sequence),

    refuse(request, license, device, { status, nonce }) {
      const iat = Math.floor(request.now / secondMs);
      const times = { iat, nbf: iat, exp: iat + refusalSeconds, refresh: 0, grace: 0 };
      const refusal = sign(request, license, device, { times, nonce, status, features: {} });
      noteSequence(device.id, refusal.sequence);
      return refusal;
    },
  };
}

type LeaseLength = Pick<LeaseTerms, 'leaseSeconds' | 'graceSeconds'>;

const usualLength = (license: LicenseRecord): LeaseLength =>
  license.type === 'floating'
    ? FLOATING_LEASE
    : { leaseSeconds: license.lease_days * daySeconds, graceSeconds: license.grace_days * daySeconds };

function offlineLength(
  license: LicenseRecord,
  held: StoredLease | null,
  { offlineDays, now }: { offlineDays: number; now: number },
): LeaseLength {
  const heldSeconds = held ? Math.floor(held.expires_at / secondMs) - Math.floor(now / secondMs) : 0;
  return { ...usualLength(license), leaseSeconds: Math.max(offlineDays * daySeconds, heldSeconds) };
}

function timesOf(license: LicenseRecord, length: LeaseLength, now: number, random: RandomBytes): LeaseTimes {
  const end = endOfLicense(license);
  return leaseTimes({
    now: now / secondMs,
    ...length,
    // Rounded up: a license that ends within this second still works in it.
    licenseHardEnd: end === null ? null : Math.ceil(end / secondMs),
    jitter: (random(1)[0] ?? 0) / 255,
  });
}

/** What a lease says, in short: a stored one is given again only while all of it still holds. */
function basisOf(kid: string, license: LicenseRecord, device: DeviceRecord): string {
  const { type, expires_at, grace_days, lease_days, device_limit, features } = license;
  const { fingerprint, components } = device;
  const known = bases.get(components);
  if (known?.kid === kid && known.license === license && known.fingerprint === fingerprint)
    return known.basis;
  const terms = [type, expires_at, grace_days, lease_days, device_limit, features];
  const basis = sha256Hex(JSON.stringify([kid, ...terms, fingerprint, components])).slice(0, 32);
  bases.set(components, { kid, license, fingerprint, basis });
  return basis;
}
