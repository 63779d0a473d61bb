import {
  CLOCK_POLICY,
  type DeviceDigests,
  FLOATING_LEASE,
  fingerprintClaim,
  type LeaseClaims,
  type LeaseTerms,
  type LeaseTimes,
  leaseTimes,
  signLease,
} from '@thrivetech/lease';
import type { Lie } from './faults.ts';
import { newId } from './ids.ts';
import { issuer, type KeyRing } from './key-ring.ts';
import {
  type DeviceRecord,
  endOfLicense,
  type IssuedLease,
  type LicenseRecord,
  secondMs,
} from './records.ts';
import { type KeyPair, randomBytes, signToken, withHmac } from './web-crypto.ts';

/** Why a signed refusal refuses: `lic.status` of its lease. */
export type RefusedStatus = 'expired' | 'revoked' | 'suspended' | 'not_started' | 'deactivated';

export interface LeaseIssuer {
  /**
   * The lease of a device: the one it has, until that is due for refresh, says something that is no longer so, or the
   * caller sent a nonce. The device takes note of it. The license must work at `now`.
   */
  issue(
    license: LicenseRecord,
    device: DeviceRecord,
    asked: { readonly now: number; readonly nonce: string | undefined; readonly offlineDays?: number },
  ): IssuedLease;
  /** A lease that grants nothing, and proves that this refusal answers this very request. It is never stored. */
  refuse(
    license: LicenseRecord,
    device: DeviceRecord,
    asked: {
      readonly now: number;
      readonly nonce: string;
      readonly status: RefusedStatus;
      /** As the machine presents itself, so that the lease is about the machine that asks. */
      readonly machine: DeviceDigests;
    },
  ): IssuedLease;
  /** The same lease as a liar would give it. */
  falsify(lease: IssuedLease, lie: Lie): Promise<string>;
}

const daySeconds = 86_400;
/** Long enough for the way back to the app; nothing is lost when it ends. */
const refusalSeconds = 300;

export function createLeaseIssuer(keyRing: KeyRing): LeaseIssuer {
  function make(
    license: LicenseRecord,
    device: DeviceRecord,
    said: {
      readonly now: number;
      readonly times: LeaseTimes;
      readonly nonce: string | undefined;
      readonly status: string;
      readonly features: LicenseRecord['features'];
      readonly machine: DeviceDigests;
    },
  ): IssuedLease {
    const { now, times, nonce, status, features, machine } = said;
    const pair = keyRing.signerAt(times.iat);
    device.leaseSequence = Math.max(device.leaseSequence + 1, now);
    const claims = {
      ver: 1 as const,
      iss: issuer,
      aud: license.product.id,
      sub: license.id,
      jti: newId('lea', now),
      dev: device.id,
      seq: device.leaseSequence,
      iat: times.iat,
      nbf: times.nbf,
      exp: times.exp,
      ...(nonce !== undefined && { nonce }),
      lic: {
        type: license.type,
        status,
        exp: license.expiresAt === null ? null : Math.floor(license.expiresAt / secondMs),
        limit: license.deviceLimit,
      },
      ent: features,
      pol: { refresh: times.refresh, grace: times.grace, ...CLOCK_POLICY },
    };
    const token = sign(claims, machine, pair);
    return { claims, machine, keyId: pair.jwk.kid, basis: basisOf(license, machine, pair.jwk.kid), token };
  }

  return {
    issue(license, device, { now, nonce, offlineDays }) {
      const machine = digestsOf(device);
      const { lease } = device;
      if (lease && nonce === undefined && isStillGood(lease, license, machine, now)) return lease;
      const held = lease ? lease.claims.exp - Math.floor(now / secondMs) : 0;
      const usual = usualLength(license);
      const length =
        offlineDays === undefined
          ? usual
          : { ...usual, leaseSeconds: Math.max(offlineDays * daySeconds, held) };
      const times = timesOf(license, length, now);
      const { features } = license;
      device.lease = make(license, device, { now, times, nonce, status: 'active', features, machine });
      return device.lease;
    },

    refuse(license, device, { now, nonce, status, machine }) {
      const iat = Math.floor(now / secondMs);
      const times = { iat, nbf: iat, exp: iat + refusalSeconds, refresh: 0, grace: 0 };
      return make(license, device, { now, times, nonce, status, features: {}, machine });
    },

    falsify({ claims, machine, keyId }, lie) {
      const { stranger } = keyRing;
      const honest = keyRing.signerAt(claims.iat);
      switch (lie) {
        case 'forged_signature':
          return sign(claims, machine, stranger, keyId);
        case 'unknown_key':
          return sign(claims, machine, stranger);
        case 'no_nonce':
          return sign({ ...claims, nonce: undefined }, machine, honest);
        case 'other_device':
          return sign({ ...claims, dev: newId('dev', claims.iat * secondMs) }, otherMachine(), honest);
      }
    },
  };

  function isStillGood(
    lease: IssuedLease,
    license: LicenseRecord,
    machine: DeviceDigests,
    now: number,
  ): boolean {
    const { kid } = keyRing.signerAt(Math.floor(now / secondMs)).jwk;
    return now < refreshAfter(lease) && lease.basis === basisOf(license, machine, kid);
  }
}

/** Epoch milliseconds. */
const refreshAfter = ({ claims }: IssuedLease): number => (claims.iat + claims.pol.refresh) * secondMs;

const digestsOf = ({ fingerprint, components }: DeviceRecord): DeviceDigests => ({ fingerprint, components });

const otherMachine = (): DeviceDigests => ({
  fingerprint: `another-machine-${crypto.randomUUID()}`,
  components: { os_install_id: crypto.randomUUID(), board_id: crypto.randomUUID() },
});

async function sign(
  claims: Omit<LeaseClaims, 'fp'>,
  machine: DeviceDigests,
  pair: KeyPair,
  kid?: string,
): Promise<string> {
  const salt = randomBytes(16);
  const fp = await withHmac((hmacSha256) => fingerprintClaim(machine, salt, hmacSha256));
  return signToken((signer) => signLease({ ...claims, fp }, signer), pair, kid);
}

type LeaseLength = Pick<LeaseTerms, 'leaseSeconds' | 'graceSeconds'>;

const usualLength = (license: LicenseRecord): Required<LeaseLength> =>
  license.type === 'floating'
    ? FLOATING_LEASE
    : { leaseSeconds: license.leaseDays * daySeconds, graceSeconds: license.graceDays * daySeconds };

function timesOf(license: LicenseRecord, length: LeaseLength, now: number): LeaseTimes {
  const end = endOfLicense(license);
  return leaseTimes({
    now: now / secondMs,
    ...length,
    // Rounded up: a license that ends within this second still works in it.
    licenseHardEnd: end === null ? null : Math.ceil(end / secondMs),
    jitter: (randomBytes(1)[0] ?? 0) / 255,
  });
}

function basisOf(license: LicenseRecord, machine: DeviceDigests, kid: string): string {
  const { type, expiresAt, graceDays, leaseDays, deviceLimit, features } = license;
  return JSON.stringify([kid, type, expiresAt, graceDays, leaseDays, deviceLimit, features, machine]);
}
