import { createSecretKey } from 'node:crypto';
import { generateLicenseKey, licenseKeyLastFour, normalizeLicenseKey } from '@thrivetech/lease';
import { LRUCache } from 'lru-cache';
import { hmacHex } from '../../platform/crypto/digest.ts';
import type { MasterKey } from '../../platform/crypto/master-key.ts';
import { createSeal } from '../../platform/crypto/seal.ts';
import type { RandomBytes } from '../../platform/ids.ts';

const rememberedKeysMax = 50_000;

/** What is stored of a license key: enough to find it, to show it to its owner again, and to name it. */
export interface StoredLicenseKey {
  readonly key_hash: string;
  readonly key_sealed: string;
  readonly key_last_four: string;
}

/** Makes, finds and reveals license keys. The database alone reveals none. */
export interface LicenseKeys {
  issue(license_id: string): StoredLicenseKey & { readonly key: string };
  /** The look-up value of a key as somebody typed it; null when it cannot be a license key. */
  hash(typed: string): string | null;
  reveal(license: { id: string; key_sealed: string }): string;
}

export function createLicenseKeys(masterKey: MasterKey, random: RandomBytes): LicenseKeys {
  // Imported once: that costs more than the look-up value of one license key.
  const pepper = createSecretKey(masterKey.derive('license-key-lookup'));
  const seal = createSeal(masterKey.derive('license-key-seal'));
  // Apps send the same key again and again. Who can read this memory reads the pepper beside it, and needs no key.
  const hashes = new LRUCache<string, string>({ max: rememberedKeysMax });
  return {
    issue(license_id) {
      const key = generateLicenseKey(random);
      return {
        key,
        key_hash: hmacHex(pepper, key),
        key_sealed: seal.seal(key, license_id),
        key_last_four: licenseKeyLastFour(key),
      };
    },
    hash(typed) {
      const known = hashes.get(typed);
      if (known !== undefined) return known;
      const key = normalizeLicenseKey(typed);
      if (key === null) return null;
      const hash = hmacHex(pepper, key);
      hashes.set(typed, hash);
      return hash;
    },
    reveal: (license) => seal.open(license.key_sealed, license.id),
  };
}
