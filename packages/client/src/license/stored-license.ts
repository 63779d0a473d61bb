import { encodeBase64Url, type HmacSha256 } from '@thrivetech/lease';
import { isRecord } from '../api/read-answer.ts';

/** What a machine remembers of its license. Times in epoch seconds. Grants nothing: only the lease in it does. */
export interface StoredLicense {
  /** Null for a trial, for a license that came as a file, and after its end on this machine. */
  readonly key: { readonly text: string; readonly isSealed: boolean } | null;
  readonly lease: string | null;
  readonly keyset: string | null;
  readonly revocations: string | null;
  /** Of the lease, whose claims have been verified before they got here. */
  readonly license_id: string | null;
  readonly license_type: string | null;
  readonly device_id: string | null;
  /** `seq` of the newest of each; that of the lease counts for `device_id` and outlives the lease. */
  readonly last_sequences: { readonly lease: number; readonly keyset: number; readonly revocations: number };
  /** The latest time known, for CLOCK_ROLLBACK. */
  readonly high_water: number;
  /** What the server last said without proof, or why it could not be asked. */
  readonly problem: Problem | null;
  /** Only ever shown. */
  readonly display: { readonly devices_used: number | null; readonly key_masked: string | null };
  /** Requests for a license file that were not answered yet. */
  readonly requests: readonly { readonly nonce: string; readonly created_at: number }[];
  readonly is_deactivated: boolean;
  /** With which the device of the lease is enrolled. */
  readonly fingerprint: string | null;
  /** Made up for a machine that shows nothing of its own, such as a container; it must be the same next time. */
  readonly fallback_fingerprint: string | null;
}

export interface Problem {
  readonly code: string;
  readonly since: number;
  /** Of DEVICE_LIMIT_REACHED. */
  readonly seats?: { readonly limit: number | null; readonly used: number | null };
}

export const nothingStored: StoredLicense = {
  key: null,
  lease: null,
  keyset: null,
  revocations: null,
  license_id: null,
  license_type: null,
  device_id: null,
  last_sequences: { lease: 0, keyset: 0, revocations: 0 },
  high_water: 0,
  problem: null,
  display: { devices_used: null, key_masked: null },
  requests: [],
  is_deactivated: false,
  fingerprint: null,
  fallback_fingerprint: null,
};

/** Between a text and what it means, for one product. */
export interface StoredLicenseFormat {
  write(stored: StoredLicense): string;
  /** Null for a text that was not written so: cut off, edited, or of another product. */
  read(text: string): StoredLicense | null;
}

const version = 1;
const utf8 = new TextEncoder();

/**
 * The text has a MAC whose key everybody can read in this package. It notices damage and casual edits and no more:
 * what holds against an attacker is the signature of the lease.
 */
export function storedLicenseFormat(productId: string, hmacSha256: HmacSha256): StoredLicenseFormat {
  const key = utf8.encode(`thrive-license-state/${version}/${productId}`);
  const macOf = (body: string) => encodeBase64Url(hmacSha256(key, utf8.encode(body)));
  return {
    write(stored) {
      const body = JSON.stringify(stored);
      return JSON.stringify({ version, body, mac: macOf(body) });
    },
    read(text) {
      try {
        const envelope: unknown = JSON.parse(text);
        if (!isRecord(envelope) || envelope['version'] !== version) return null;
        const { body, mac } = envelope;
        if (typeof body !== 'string' || mac !== macOf(body)) return null;
        const stored: unknown = JSON.parse(body);
        return isStoredLicense(stored) ? stored : null;
      } catch {
        return null;
      }
    },
  };
}

const textsOrNull = [
  'lease',
  'keyset',
  'revocations',
  'license_id',
  'license_type',
  'device_id',
  'fingerprint',
  'fallback_fingerprint',
];

/** Whoever can make a MAC can also leave something out, and a check must not throw then. */
function isStoredLicense(value: unknown): value is StoredLicense {
  if (!isRecord(value)) return false;
  const { key, last_sequences: sequences, display, requests, problem } = value;
  return (
    textsOrNull.every((name) => value[name] === null || typeof value[name] === 'string') &&
    (key === null || (isRecord(key) && typeof key['text'] === 'string')) &&
    isRecord(sequences) &&
    [value['high_water'], sequences['lease'], sequences['keyset'], sequences['revocations']].every(
      Number.isSafeInteger,
    ) &&
    (problem === null ||
      (isRecord(problem) && typeof problem['code'] === 'string' && Number.isSafeInteger(problem['since']))) &&
    isRecord(display) &&
    Array.isArray(requests) &&
    requests.every(isRecord)
  );
}
