import { describe, expect, test } from 'vitest';
import { device } from './lease.fixtures.ts';
import { hmacSha256 } from './node.ts';
import { fingerprintClaim, sealDevice, sealDeviceAsync } from './sealed-device.ts';

const salt = new Uint8Array(16).fill(5);

describe('sealed device', () => {
  test('shows no digest, and is another with every salt', () => {
    const claim = fingerprintClaim(device, salt, hmacSha256);
    const other = fingerprintClaim(device, salt.with(0, 6), hmacSha256);
    for (const digest of [device.fingerprint, ...Object.values(device.components)]) {
      expect(JSON.stringify(claim)).not.toContain(digest);
    }
    const values = [claim, other].flatMap(({ fingerprint, components }) => [
      fingerprint,
      ...Object.values(components),
    ]);
    expect(new Set(values).size).toBe(12);
    expect(values.every((value) => value?.length === 22)).toBe(true);
  });

  test('is the same whenever the salt is the same, also with an asynchronous HMAC', async () => {
    const { salt: encoded, threshold, ...sealed } = fingerprintClaim(device, salt, hmacSha256);
    expect(sealDevice(device, encoded, hmacSha256)).toEqual(sealed);
    expect(await sealDeviceAsync(device, encoded, async (...input) => hmacSha256(...input))).toEqual(sealed);
    expect(threshold).toBe(50);
  });

  test('equal digests of two components do not show as equal', () => {
    const { components } = fingerprintClaim(
      { fingerprint: 'x', components: { mac: 'x', cpu: 'x' } },
      salt,
      hmacSha256,
    );
    expect(components.mac).not.toBe(components.cpu);
  });

  test('an unreadable part is left out', () => {
    const sealed = fingerprintClaim(
      { fingerprint: '', components: { mac: '', cpu: undefined } },
      salt,
      hmacSha256,
    );
    expect(sealed).toMatchObject({ fingerprint: '', components: {} });
  });

  test('a salt of another length is the issuer’s mistake', () => {
    expect(() => fingerprintClaim(device, salt.subarray(1), hmacSha256)).toThrow(TypeError);
  });
});
