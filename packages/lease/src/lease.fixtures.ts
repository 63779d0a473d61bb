import { type KeysetClaims, signKeyset, verifyKeyset } from './keyset.ts';
import type { LeaseClaims } from './lease.ts';
import { CLOCK_POLICY } from './lease-policy.ts';
import { hmacSha256, importPrivateKey, nodeCrypto, sha256, verifySignature } from './node.ts';
import { toPublicJwk } from './public-jwk.ts';
import { type RevocationClaims, signRevocations, verifyRevocations } from './revocations.ts';
import { type DeviceDigests, fingerprintClaim } from './sealed-device.ts';
import type { VerifyLeaseOptions } from './verify-lease.ts';

export const DAY = 86_400;
export const NOW = 1_800_000_000;

export const rootKey = importPrivateKey(new Uint8Array(32).fill(1));
export const signingKey = importPrivateKey(new Uint8Array(32).fill(2));
export const strangerKey = importPrivateKey(new Uint8Array(32).fill(3));
export const rootKeys = [toPublicJwk(rootKey.publicKey, sha256)];

export const device: DeviceDigests = {
  fingerprint: 'fingerprint-of-this-machine',
  components: {
    os_install_id: 'digest-of-os-install-id',
    board_id: 'digest-of-board-id',
    boot_disk: 'digest-of-boot-disk',
    mac: 'digest-of-mac',
    cpu: 'digest-of-cpu',
  },
};

export const keysetClaims: KeysetClaims = {
  ver: 1,
  iss: 'https://licenses.example',
  iat: NOW - 100 * DAY,
  seq: 4,
  keys: [
    {
      ...toPublicJwk(signingKey.publicKey, sha256),
      valid_from: NOW - 100 * DAY,
      valid_until: NOW + 100 * DAY,
    },
  ],
};

export const keyset = accepted(
  verifyKeyset(signKeyset(keysetClaims, rootKey), { rootKeys, verifySignature }),
).keyset;

export function leaseClaims(changes: Partial<LeaseClaims> = {}): LeaseClaims {
  return {
    ver: 1,
    iss: keysetClaims.iss,
    aud: 'prod_1',
    sub: 'lic_1',
    jti: 'lease_1',
    dev: 'dev_1',
    seq: 7,
    iat: NOW,
    nbf: NOW,
    exp: NOW + 14 * DAY,
    nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
    lic: { type: 'timed', status: 'active', exp: NOW + 300 * DAY, limit: 3 },
    ent: { export: true, projects: 5, edition: 'pro' },
    fp: fingerprintClaim(device, new Uint8Array(16).fill(9), hmacSha256),
    pol: { refresh: 7 * DAY, grace: 7 * DAY, ...CLOCK_POLICY },
    ...changes,
  };
}

export function leaseOptions(changes: Partial<VerifyLeaseOptions> = {}): VerifyLeaseOptions {
  return { ...nodeCrypto, keyset, audience: 'prod_1', now: NOW, device, ...changes };
}

export function revocationClaims(changes: Partial<RevocationClaims> = {}): RevocationClaims {
  return {
    ver: 1,
    iss: keysetClaims.iss,
    iat: NOW,
    seq: 2,
    leases: [],
    licenses: [],
    devices: [],
    ...changes,
  };
}

export function revocationsOf(changes: Partial<RevocationClaims>) {
  const token = signRevocations(revocationClaims(changes), signingKey);
  return accepted(verifyRevocations(token, { keyset, verifySignature })).revocations;
}

/** The verdict, if it is a good one. */
export function accepted<Verdict extends { readonly ok: boolean }>(
  verdict: Verdict,
): Extract<Verdict, { readonly ok: true }> {
  if (!verdict.ok) throw new Error(`refused: ${JSON.stringify(verdict)}`);
  return verdict as Extract<Verdict, { readonly ok: true }>;
}
