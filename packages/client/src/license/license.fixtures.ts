import {
  type CryptoPort,
  fingerprintClaim,
  type KeysetClaims,
  type LeaseClaims,
  type RevocationClaims,
  signKeyset,
  signLease,
  signRevocations,
  toPublicJwk,
} from '@thrivetech/lease';
import { createEd25519KeyPair, importPrivateKey, nodeCrypto } from '@thrivetech/lease/node';
import type { Device } from '../device/device.ts';
import { nothingStored, type StoredLicense } from './stored-license.ts';

export const DAY = 86_400;
/** 2027-01-15; epoch seconds. */
export const NOW = 1_800_000_000;
export const NONCE = 'AAAAAAAAAAAAAAAAAAAAAA';
const PRODUCT_ID = 'prd_1';

export const newKey = () => importPrivateKey(createEd25519KeyPair().privateKey);
const rootKey = newKey();
const signingKey = newKey();
const { sha256, hmacSha256 } = nodeCrypto;

export const trust: { productId: string; rootKeys: ReturnType<typeof toPublicJwk>[]; crypto: CryptoPort } = {
  productId: PRODUCT_ID,
  rootKeys: [toPublicJwk(rootKey.publicKey, sha256)],
  crypto: nodeCrypto,
};

export const device: Device = {
  fingerprint: 'this-machine',
  components: {
    os_install_id: 'digest-of-os-install-id',
    board_id: 'digest-of-board-id',
    boot_disk: 'digest-of-boot-disk',
    mac: 'digest-of-mac-address',
    cpu: 'digest-of-processor',
  },
};
export const otherDevice: Device = { fingerprint: 'other-machine', components: {} };

export function keysetToken(
  changes: Partial<KeysetClaims> = {},
  keys = [signingKey],
  signer = rootKey,
): string {
  const claims = {
    ver: 1,
    iss: 'thrivetech-platform',
    iat: NOW - 100 * DAY,
    seq: 4,
    keys: keys.map(({ publicKey }) => ({
      ...toPublicJwk(publicKey, sha256),
      valid_from: NOW - 1000 * DAY,
      valid_until: null,
    })),
    ...changes,
  } as const;
  return signKeyset(claims, signer);
}

/** Fourteen days from NOW, seven of grace, of a license that runs for 300 days. */
export function leaseClaims(changes: Partial<LeaseClaims> = {}): LeaseClaims {
  return {
    ver: 1,
    iss: 'thrivetech-platform',
    aud: PRODUCT_ID,
    sub: 'lic_1',
    jti: 'lea_1',
    dev: 'dev_1',
    seq: 7,
    iat: NOW,
    nbf: NOW,
    exp: NOW + 14 * DAY,
    nonce: NONCE,
    lic: licenseClaim(),
    ent: { export: true, projects: 5, beta: false },
    fp: fingerprintClaim(device, new Uint8Array(16).fill(9), hmacSha256),
    pol: { refresh: 7 * DAY, grace: 7 * DAY, skew: 300, rollback: DAY },
    ...changes,
  };
}

export const licenseClaim = (changes: Partial<LeaseClaims['lic']> = {}): LeaseClaims['lic'] => ({
  type: 'timed',
  status: 'active',
  exp: NOW + 300 * DAY,
  limit: 3,
  ...changes,
});

export const leaseToken = (changes: Partial<LeaseClaims> = {}, signer = signingKey): string =>
  signLease(leaseClaims(changes), signer);

/** A signed no, as the server gives it: it runs out after five minutes. */
export const refusalToken = (status: string, changes: Partial<LeaseClaims> = {}): string =>
  leaseToken({
    lic: licenseClaim({ status }),
    exp: NOW + 300,
    pol: { ...leaseClaims().pol, refresh: 135, grace: 0 },
    ...changes,
  });

export const revocationsToken = (changes: Partial<RevocationClaims>): string =>
  signRevocations(
    {
      ver: 1,
      iss: 'thrivetech-platform',
      iat: NOW + 1,
      seq: 2,
      leases: [],
      licenses: [],
      devices: [],
      ...changes,
    },
    signingKey,
  );

/** What is stored after an activation at NOW. */
export const storedLicense = (changes: Partial<StoredLicense> = {}): StoredLicense => ({
  ...nothingStored,
  key: { text: '00000-00000-00000-00000-00000-0B', isSealed: false },
  lease: leaseToken(),
  keyset: keysetToken(),
  license_id: 'lic_1',
  license_type: 'timed',
  device_id: 'dev_1',
  last_sequences: { lease: 7, keyset: 4, revocations: 0 },
  high_water: NOW,
  display: { devices_used: 2, key_masked: '••••-000B' },
  ...changes,
});
