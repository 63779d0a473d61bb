import {
  base64url,
  DAY,
  digestOf,
  headerOf,
  KEYSET_TYPE,
  LEASE_TYPE,
  NOW,
  REVOCATIONS_TYPE,
  sealed,
  sha256,
  type TestKey,
  testKey,
  token,
} from './kit.ts';

// TEST ONLY, all of them.
export const rootKey = testKey('root');
export const nextRootKey = testKey('next root');
export const signingKey = testKey('signing');
export const nextSigningKey = testKey('next signing');
/** In no keyset. */
export const strangerKey = testKey('stranger');

export const ISSUER = 'https://licenses.example';
export const PRODUCT = 'prd_01k9zj4t5w8x2y6b3c7d9f1g5h';
export const NONCE = base64url(sha256('nonce').subarray(0, 16));
export const OTHER_NONCE = base64url(sha256('other nonce').subarray(0, 16));

export interface Device {
  readonly fingerprint: string;
  readonly components: Readonly<Record<string, string>>;
}

export const COMPONENTS = ['os_install_id', 'board_id', 'boot_disk', 'mac', 'cpu'] as const;

export const digestsOf = (names: readonly string[], suffix = ''): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, digestOf(`${name}${suffix}`)]));

export const machine: Device = { fingerprint: digestOf('fingerprint'), components: digestsOf(COMPONENTS) };
export const otherMachine: Device = {
  fingerprint: digestOf('fingerprint of another'),
  components: digestsOf(COMPONENTS, ' of another'),
};

const salt = sha256('salt').subarray(0, 16);

/** The claim `fp` of a lease for a device. Parts without a digest are left out. */
export function fp(device: Device, threshold = 50) {
  const parts = Object.entries(device.components).filter(([, digest]) => digest !== '');
  return {
    salt: base64url(salt),
    fingerprint: sealed(salt, 'fingerprint', device.fingerprint),
    components: Object.fromEntries(parts.map(([name, digest]) => [name, sealed(salt, name, digest)])),
    threshold,
  };
}

/** Fourteen days from NOW on, refresh after seven, seven of grace, on {@link machine}. */
export const leaseClaims = {
  ver: 1,
  iss: ISSUER,
  aud: PRODUCT,
  sub: 'lic_01k9zj4t5w8x2y6b3c7d9f1g5h',
  jti: 'lease_01k9zj4t5w8x2y6b3c7d9f1g5h',
  dev: 'dev_01k9zj4t5w8x2y6b3c7d9f1g5h',
  seq: 7,
  iat: NOW,
  nbf: NOW,
  exp: NOW + 14 * DAY,
  nonce: NONCE,
  lic: { type: 'timed', status: 'active', exp: NOW + 300 * DAY, limit: 3 },
  ent: { export: true, projects: 5, edition: 'pro' },
  fp: fp(machine),
  pol: { refresh: 7 * DAY, grace: 7 * DAY, skew: 300, rollback: DAY },
};
export const GRACE_UNTIL = NOW + 21 * DAY;

/** The claims as a value, with members changed; `undefined` leaves one out. */
export const claimsWith = (changes: object = {}): Record<string, unknown> => ({ ...leaseClaims, ...changes });

export const lease = (changes: object = {}, key: TestKey = signingKey): string =>
  token({ key, header: headerOf(key, LEASE_TYPE), payload: claimsWith(changes) });

/** A lease whose payload is this very text. */
export const leaseOf = (payload: string | Uint8Array): string =>
  token({ key: signingKey, header: headerOf(signingKey, LEASE_TYPE), payload });

export const keyEntry = (
  key: TestKey,
  validFrom = NOW - 100 * DAY,
  validUntil: number | null = NOW + 100 * DAY,
) => ({
  ...key.jwk,
  valid_from: validFrom,
  valid_until: validUntil,
});

export const keysetClaims = {
  ver: 1,
  iss: ISSUER,
  iat: NOW - 100 * DAY,
  seq: 4,
  keys: [keyEntry(signingKey)] as unknown[],
};

export const keyset = (changes: object = {}, key: TestKey = rootKey): string =>
  token({ key, header: headerOf(key, KEYSET_TYPE), payload: { ...keysetClaims, ...changes } });

export const bulletinClaims = {
  ver: 1,
  iss: ISSUER,
  iat: NOW,
  seq: 2,
  leases: [] as unknown[],
  licenses: [] as unknown[],
  devices: [] as unknown[],
};

export const bulletin = (changes: object = {}, key: TestKey = signingKey): string =>
  token({ key, header: headerOf(key, REVOCATIONS_TYPE), payload: { ...bulletinClaims, ...changes } });
