import type { AsyncCryptoPort } from './crypto.ts';
import { type ComponentDigests, matchDevice } from './device-match.ts';
import type { KeysetVerdict, VerifiedKeyset } from './keyset.ts';
import { verifyKeyset } from './keyset.ts';
import { accepted } from './lease.fixtures.ts';
import { licenseKeyLastFour, maskLicenseKey, normalizeLicenseKey } from './license-key.ts';
import { nodeCrypto } from './node.ts';
import type { PublicJwk } from './public-jwk.ts';
import { type RevocationsVerdict, type VerifiedRevocations, verifyRevocations } from './revocations.ts';
import { type DeviceDigests, sealDevice, sealDeviceAsync } from './sealed-device.ts';
import type { Executor, Outcome } from './vectors.fixtures.ts';
import { verifyKeysetAsync, verifyLeaseAsync, verifyRevocationsAsync } from './verify-async.ts';
import { type LeaseExpectations, type LeaseVerdict, verifyLease } from './verify-lease.ts';

type Answer<T> = T | Promise<T>;
interface Sequence {
  readonly lastSequence?: number | undefined;
}

/** The functions of this package on one platform's cryptography. */
export interface VectorPlatform {
  readonly verifySignature: (...input: Parameters<AsyncCryptoPort['verifySignature']>) => Answer<boolean>;
  readonly sealDevice: (device: DeviceDigests, salt: string) => Answer<DeviceDigests>;
  readonly verifyKeyset: (
    token: string,
    expected: Sequence & { rootKeys: PublicJwk[] },
  ) => Answer<KeysetVerdict>;
  readonly verifyRevocations: (
    token: string,
    expected: Sequence & { keyset: VerifiedKeyset },
  ) => Answer<RevocationsVerdict>;
  readonly verifyLease: (token: string, expected: LeaseExpectations) => Answer<LeaseVerdict>;
}

export const onNode: VectorPlatform = {
  verifySignature: nodeCrypto.verifySignature,
  sealDevice: (device, salt) => sealDevice(device, salt, nodeCrypto.hmacSha256),
  verifyKeyset: (token, expected) => verifyKeyset(token, { ...expected, ...nodeCrypto }),
  verifyRevocations: (token, expected) => verifyRevocations(token, { ...expected, ...nodeCrypto }),
  verifyLease: (token, expected) => verifyLease(token, { ...expected, ...nodeCrypto }),
};

const { subtle } = globalThis.crypto;
const webCrypto: AsyncCryptoPort = {
  verifySignature: async (publicKey, message, signature) => {
    const key = await subtle.importKey('raw', publicKey.slice(), 'Ed25519', false, ['verify']);
    return subtle.verify('Ed25519', key, signature.slice(), message.slice());
  },
  hmacSha256: async (key, message) => {
    const imported = await subtle.importKey('raw', key.slice(), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ]);
    return new Uint8Array(await subtle.sign('HMAC', imported, message.slice()));
  },
};

export const onWebCrypto: VectorPlatform = {
  verifySignature: webCrypto.verifySignature,
  sealDevice: (device, salt) => sealDeviceAsync(device, salt, webCrypto.hmacSha256),
  verifyKeyset: (token, expected) => verifyKeysetAsync(token, { ...expected, ...webCrypto }),
  verifyRevocations: (token, expected) => verifyRevocationsAsync(token, { ...expected, ...webCrypto }),
  verifyLease: (token, expected) => verifyLeaseAsync(token, { ...expected, ...webCrypto }),
};

const valid = (expected: unknown): Outcome => ({ result: 'valid', expected });
const invalid = (error: string, expected?: unknown): Outcome => ({ result: 'invalid', error, expected });
/** The vectors write null where an option is left out here. */
const optional = <T>(value: T | null): T | undefined => value ?? undefined;
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

interface Trust {
  readonly rootKeys: PublicJwk[];
  readonly keyset: string;
}

/** One executor for each `type` of group that concerns this package; `vectors/README.md` describes them. */
export function leaseExecutors(platform: VectorPlatform): Record<string, Executor> {
  const keysetOf = async ({ rootKeys, keyset }: Trust) =>
    accepted(await platform.verifyKeyset(keyset, { rootKeys })).keyset;

  return {
    EddsaVerify: async (input, group) => {
      const { msg, sig } = input as { msg: string; sig: string };
      const { publicKey } = group as { publicKey: { pk: string } };
      const holds = await platform.verifySignature(bytes(publicKey.pk), bytes(msg), bytes(sig));
      return { result: holds ? 'valid' : 'invalid' };
    },

    LicenseKeyNormalize: (input) => {
      const key = normalizeLicenseKey((input as { text: string }).text);
      if (key === null) return invalid('INVALID_LICENSE_KEY');
      const lastFour = licenseKeyLastFour(key);
      return valid({ key, lastFour, masked: maskLicenseKey(lastFour) });
    },

    DeviceMatch: (input) => {
      const { enrolled, presented, threshold } = input as {
        enrolled: ComponentDigests;
        presented: ComponentDigests;
        threshold: number;
      };
      const { matches, ...verdict } = matchDevice(enrolled, presented, threshold);
      return matches ? valid(verdict) : invalid('DEVICE_MISMATCH', verdict);
    },

    SealedDevice: async (input) => {
      const { device, salt } = input as { device: DeviceDigests; salt: string };
      return valid(await platform.sealDevice(device, salt));
    },

    KeysetVerify: async (input, group) => {
      const { token, lastSequence } = input as { token: string; lastSequence: number | null };
      const { rootKeys } = group as { rootKeys: PublicJwk[] };
      const verdict = await platform.verifyKeyset(token, { rootKeys, lastSequence: optional(lastSequence) });
      if (!verdict.ok) return invalid(verdict.error);
      const { iss, seq, keys } = verdict.keyset;
      return valid({ iss, seq, keys: keys.map((key) => key.kid) });
    },

    RevocationsVerify: async (input, group) => {
      const { token, lastSequence } = input as { token: string; lastSequence: number | null };
      const keyset = await keysetOf(group as unknown as Trust);
      const expected = { keyset, lastSequence: optional(lastSequence) };
      const verdict = await platform.verifyRevocations(token, expected);
      if (!verdict.ok) return invalid(verdict.error);
      const { iat, seq, leases, licenses, devices } = verdict.revocations;
      return valid({ iat, seq, leases, licenses, devices });
    },

    LeaseVerify: async (input, group) => {
      const { token, now, nonce, highWater, lastSequence } = input as {
        token: string;
        now: number;
        nonce: string | null;
        highWater: number | null;
        lastSequence: number | null;
      };
      const { audience, device, revocations } = group as {
        audience: string;
        device: DeviceDigests | null;
        revocations: string | null;
      };
      const keyset = await keysetOf(group as unknown as Trust);
      const verdict = await platform.verifyLease(token, {
        keyset,
        audience,
        device,
        now,
        nonce: optional(nonce),
        highWater: optional(highWater),
        lastSequence: optional(lastSequence),
        revocations: revocations === null ? undefined : await believed(platform, keyset, revocations),
      });
      if (!verdict.ok) {
        return invalid(verdict.error, verdict.claims && { highWater: verdict.highWater });
      }
      const { state, graceUntil, refreshDue, changed, highWater: mark } = verdict;
      return valid({ state, graceUntil, refreshDue, changed, highWater: mark });
    },
  };
}

async function believed(
  platform: VectorPlatform,
  keyset: VerifiedKeyset,
  token: string,
): Promise<VerifiedRevocations> {
  return accepted(await platform.verifyRevocations(token, { keyset })).revocations;
}
