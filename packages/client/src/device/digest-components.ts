import { createHmac } from 'node:crypto';
import type { ComponentDigests, DeviceComponent } from '@thrivetech/lease';
import type { Machine } from './machine.ts';

const KEY_LABEL = 'thrivetech device components v1';
const DIGEST_BYTES = 16;

/** The order counts: the fingerprint is made in it. */
const NAMES = ['os_install_id', 'board_id', 'boot_disk', 'mac', 'cpu'] as const satisfies DeviceComponent[];

/** `cpu` is in none of them: machines of one model share it. */
const FINGERPRINT_SOURCES: readonly (readonly DeviceComponent[])[] = [
  ['os_install_id', 'board_id'],
  ['boot_disk'],
  ['mac'],
];

/**
 * What leaves the machine: of each component 16 bytes of an HMAC-SHA-256 over its name and value, keyed with an
 * HMAC-SHA-256 of the product id. Two products get unrelated digests, and two components with one value as well. Not
 * covered: whoever can guess a value (a serial number, not a random id) can test the guess.
 */
export function digestComponents(components: Machine['components'], productId: string): ComponentDigests {
  const key = productKey(productId);
  const digests: { [Name in DeviceComponent]?: string } = {};
  for (const name of NAMES) {
    const value = components[name];
    if (value !== null) {
      digests[name] = hmac(key, `${name}\0${value}`).subarray(0, DIGEST_BYTES).toString('base64url');
    }
  }
  return digests;
}

/**
 * Names the machine: an HMAC-SHA-256 over the strong components. Without any the boot disk names it, without that
 * the network card: each alone, because a mixture changes with every part of it. Null if it has none of these.
 */
export function fingerprintOf(digests: ComponentDigests, productId: string): string | null {
  for (const names of FINGERPRINT_SOURCES) {
    const parts = names.flatMap((name) => (digests[name] ? `${name}\0${digests[name]}` : []));
    if (parts.length > 0) {
      return hmac(productKey(productId), ['fingerprint', ...parts].join('\0')).toString('base64url');
    }
  }
  return null;
}

function productKey(productId: string): Buffer {
  return hmac(KEY_LABEL, productId);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
