import { nodeCrypto } from '@thrivetech/lease/node';
import { describe, expect, it, vi } from 'vitest';
import type { Device, DeviceReader } from '../device/device.ts';
import * as reader from '../device/device-reader.ts';
import { createMemoryStore } from '../state/memory-store.ts';
import { LicenseStore } from './license-store.ts';
import { readThisDevice } from './read-device.ts';
import { storedLicenseFormat } from './stored-license.ts';

vi.mock('../device/device-reader.ts', { spy: true });

/** A machine that shows this of itself, or nothing. */
function machineThatShows(fingerprint: string | null): void {
  const createReader = (options: reader.DeviceReaderOptions = {}): DeviceReader => ({
    read: async (): Promise<Device> => {
      // Asked for in any case, as the real one does.
      const fallback = options.fallbackFingerprint?.() ?? 'none';
      return { fingerprint: options.fingerprint ?? fingerprint ?? fallback, components: {} };
    },
  });
  vi.mocked(reader.createDeviceReader).mockImplementation(createReader);
}

const format = storedLicenseFormat('prd_1', nodeCrypto.hmacSha256);
const fingerprintOf = async (storage = createMemoryStore(), random = crypto.getRandomValues.bind(crypto)) => {
  const store = new LicenseStore(storage, format, () => 0);
  const machine = { productId: 'prd_1', store, random: (count: number) => random(new Uint8Array(count)) };
  return (await readThisDevice({}, machine)).fingerprint;
};

describe('this machine', () => {
  it('goes by what it shows, and nothing is made up or stored for it', async () => {
    machineThatShows('fingerprint-of-its-parts');
    const storage = createMemoryStore();
    expect(await fingerprintOf(storage)).toBe('fingerprint-of-its-parts');
    expect(storage.read()).toEqual({ kind: 'none' });
  });

  it('that shows nothing has a name that it keeps, and shares with no other', async () => {
    machineThatShows(null);
    const [storage, other] = [createMemoryStore(), createMemoryStore()];
    const name = await fingerprintOf(storage);
    expect(name).toMatch(/^[\w-]{43}$/);
    expect(await fingerprintOf(storage)).toBe(name);
    expect(await fingerprintOf(other)).not.toBe(name);
  });

  it('that shows nothing is one machine, however many processes start at once', async () => {
    machineThatShows(null);
    const storage = createMemoryStore();
    const names = await Promise.all(Array.from({ length: 5 }, () => fingerprintOf(storage)));
    expect(new Set(names).size).toBe(1);
  });

  it('is what the app says, where it says so', async () => {
    machineThatShows('fingerprint-of-its-parts');
    const store = new LicenseStore(createMemoryStore(), format, () => 0);
    const machine = { productId: 'prd_1', store, random: (count: number) => new Uint8Array(count) };
    const read = async () => ({ fingerprint: 'read-by-the-app', components: {}, name: 'Studio' });
    expect(await readThisDevice({ read }, machine)).toMatchObject({
      fingerprint: 'read-by-the-app',
      name: 'Studio',
    });
    expect(await readThisDevice({ read, fingerprint: 'room-4711', name: null }, machine)).toEqual({
      fingerprint: 'room-4711',
      components: {},
      name: undefined,
    });
    expect((await readThisDevice({ fingerprint: 'room-4711' }, machine)).fingerprint).toBe('room-4711');
  });
});
