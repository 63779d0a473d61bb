import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import type { AsyncCryptoPort, HmacSha256 } from './crypto.ts';
import { COMPONENT_NAMES, type ComponentDigests, MATCH_THRESHOLD } from './device-match.ts';

/** A machine as the client describes it to the server: digests keyed per product, and a fingerprint. */
export interface DeviceDigests {
  readonly fingerprint: string;
  readonly components: ComponentDigests;
}

/**
 * The enrolled machine inside a lease, every digest keyed once more with the lease's own salt: a lease found
 * in a log or a support ticket does not give away what the server would accept from this machine. Not covered:
 * whoever can already guess a digest can test the guess.
 */
export interface FingerprintClaim extends DeviceDigests {
  /** 16 random bytes, base64url, new with every lease. */
  readonly salt: string;
  /** Percent of the enrolled weight that must be exceeded. */
  readonly threshold: number;
}

const SALT_BYTES = 16;
const SEALED_BYTES = 16;
const utf8 = new TextEncoder();

/** The `fp` claim. `salt`: 16 random bytes. */
export function fingerprintClaim(
  device: DeviceDigests,
  salt: Uint8Array,
  hmacSha256: HmacSha256,
): FingerprintClaim {
  const encoded = encodeBase64Url(salt);
  return { salt: encoded, ...sealDevice(device, encoded, hmacSha256), threshold: MATCH_THRESHOLD };
}

/** A device as it would stand in a lease with this salt. Throws TypeError if the salt is not 16 bytes. */
export function sealDevice(device: DeviceDigests, salt: string, hmacSha256: HmacSha256): DeviceDigests {
  const key = saltBytes(salt);
  const sealed = partsOf(device).map(([name, digest]) => seal(name, hmacSha256(key, macInput(name, digest))));
  return assemble(sealed);
}

/** {@link sealDevice} for platforms whose HMAC is asynchronous. */
export async function sealDeviceAsync(
  device: DeviceDigests,
  salt: string,
  hmacSha256: AsyncCryptoPort['hmacSha256'],
): Promise<DeviceDigests> {
  const key = saltBytes(salt);
  const sealed = partsOf(device).map(async ([name, digest]) =>
    seal(name, await hmacSha256(key, macInput(name, digest))),
  );
  return assemble(await Promise.all(sealed));
}

type Part = readonly [name: string, digest: string];

/** Without the empty digests: sealed, two of them would look like one machine. */
function partsOf({ fingerprint, components }: DeviceDigests): Part[] {
  const parts: Part[] = [['fingerprint', fingerprint]];
  for (const name of COMPONENT_NAMES) parts.push([name, components[name] ?? '']);
  return parts.filter(([, digest]) => digest !== '');
}

/** The name is part of the input, so that equal digests of two components do not show as equal. */
function macInput(name: string, digest: string): Uint8Array {
  return utf8.encode(`${name}:${digest}`);
}

function seal(name: string, mac: Uint8Array): Part {
  return [name, encodeBase64Url(mac.subarray(0, SEALED_BYTES))];
}

function assemble(parts: readonly Part[]): DeviceDigests {
  const { fingerprint = '', ...components } = Object.fromEntries(parts);
  return { fingerprint, components };
}

function saltBytes(salt: string): Uint8Array {
  const bytes = decodeBase64Url(salt);
  if (bytes?.length !== SALT_BYTES) throw new TypeError(`salt must be ${SALT_BYTES} bytes of base64url`);
  return bytes;
}
