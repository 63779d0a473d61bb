import type { ComponentDigests } from '@thrivetech/lease';
import { describe, expect, test } from 'vitest';
import { createDeviceReader } from './device-reader.ts';
import { digestComponents, fingerprintOf } from './digest-components.ts';
import * as linux from './linux.fixtures.ts';
import { nodeSystem } from './node-system.ts';
import { type Recording, recordedSystem } from './recorded-system.fixtures.ts';

const productId = 'prd_1';
const unread = { os_install_id: null, board_id: null, boot_disk: null, mac: null, cpu: null };
const digestsOf = (values: Partial<typeof unread | Record<keyof typeof unread, string>>) =>
  digestComponents({ ...unread, ...values }, productId);
const read = (recording: Recording, options = {}) =>
  createDeviceReader(options, recordedSystem(recording)).read(productId);

describe('the fingerprint', () => {
  const without = (recording: Recording, ...paths: readonly string[]): Recording => ({
    ...recording,
    files: Object.fromEntries(
      Object.entries(recording.files ?? {}).filter(([path]) => !paths.includes(path)),
    ),
  });
  const ids = ['/etc/machine-id', '/var/lib/dbus/machine-id'];
  const disk = ['/sys/class/block/nvme0n1/device/serial', '/sys/class/block/nvme0n1/wwid'];

  test('depends on the strong components alone', async () => {
    const whole = await read(linux.ubuntuLaptop);
    const bare = await read(without(linux.ubuntuLaptop, ...disk, '/proc/cpuinfo'));
    expect(bare.components).not.toEqual(whole.components);
    expect(bare.fingerprint).toBe(whole.fingerprint);
  });

  test('without a strong component is that of the boot disk, whatever else changes', async () => {
    const whole = await read(without(linux.ubuntuLaptop, ...ids));
    const bare = await read(
      without(linux.ubuntuLaptop, ...ids, '/sys/class/net/wlp0s20f3/phy80211/macaddress', '/proc/cpuinfo'),
    );
    expect(Object.keys(bare.components)).toEqual(['boot_disk', 'mac']);
    expect(bare.fingerprint).toBe(whole.fingerprint);
  });

  test('without a disk is that of the network card', async () => {
    const card = await read(without(linux.ubuntuLaptop, ...ids, ...disk));
    expect(Object.keys(card.components)).toEqual(['mac', 'cpu']);
    expect(card.fingerprint).toBe(fingerprintOf(card.components, productId));
  });

  test('of a machine that shows only its processor is the one that the caller kept', async () => {
    const kept = await read(linux.alpineContainer, { fallbackFingerprint: () => 'kept-by-the-app' });
    expect(kept.fingerprint).toBe('kept-by-the-app');
    const [one, other] = [await read(linux.alpineContainer), await read(linux.alpineContainer)];
    expect(one.fingerprint).not.toBe(other.fingerprint);
    const reader = createDeviceReader({}, recordedSystem(linux.alpineContainer));
    expect(await reader.read(productId)).toEqual(await reader.read(productId));
  });

  test('that the caller kept is not asked for where the machine has its own', async () => {
    const fallbackFingerprint = () => {
      throw new Error('asked for');
    };
    const own = await read(linux.ubuntuLaptop);
    expect(await read(linux.ubuntuLaptop, { fallbackFingerprint })).toEqual(own);
  });

  test("may be the app's own; the components go along", async () => {
    const device = await read(linux.ubuntuLaptop, { fingerprint: 'till-17@shop-4' });
    const { fingerprint: _ours, ...rest } = await read(linux.ubuntuLaptop);
    expect(device).toEqual({ fingerprint: 'till-17@shop-4', ...rest });
  });

  test.each(['', 'short', 'has spaces in it', 'ünïcode-name', 'a'.repeat(257)])(
    '%j is refused',
    (fingerprint) => {
      expect(() => createDeviceReader({ fingerprint })).toThrow(TypeError);
    },
  );
});

describe('the name', () => {
  test('is the host name, or the one that the app gives, or none', async () => {
    expect((await read(linux.ubuntuLaptop)).name).toBe('ada-thinkpad');
    expect((await read(linux.ubuntuLaptop, { name: "Ada's laptop" })).name).toBe("Ada's laptop");
    expect((await read(linux.ubuntuLaptop, { name: null })).name).toBeUndefined();
  });

  test.each([
    ['  two\nlines\0 ', 'two lines'],
    ['a'.repeat(300), 'a'.repeat(200)],
    [`${'a'.repeat(199)}😀`, 'a'.repeat(199)],
    ['half \ud800 a pair', 'half   a pair'],
    [' \t ', undefined],
  ])('%j is made one that the server takes', async (name, expected) => {
    expect((await read(linux.ubuntuLaptop, { name })).name).toBe(expected);
  });
});

describe('digests', () => {
  test('stay what they were: enrolled devices depend on them', () => {
    const digests = digestsOf({ os_install_id: '7d3c0a94be5f4f0f9c1be0a86f27d45e', cpu: 'applem1pro' });
    expect(digests).toEqual({ os_install_id: 'PEudFskdFxPy3xgPe3_FbA', cpu: '9561K_vl-pPgHqOHFBedRQ' });
    expect(fingerprintOf(digests, productId)).toBe('TW4x7-Bn34ktB9rypjxREAGphavKD5u0x0-r8kYBYjo');
  });

  test('of two products have nothing in common, and of two components with one value neither', () => {
    const values = { ...unread, os_install_id: 'same-value', board_id: 'same-value' };
    const [one, other] = [digestComponents(values, 'prd_1'), digestComponents(values, 'prd_2')];
    const all: ComponentDigests[] = [one, other];
    expect(new Set(all.flatMap((each) => [each.os_install_id, each.board_id])).size).toBe(4);
    expect(fingerprintOf(one, 'prd_1')).not.toBe(fingerprintOf(one, 'prd_2'));
  });
});

test('the machine that runs these tests is read within its bound, twice alike', async () => {
  const reader = createDeviceReader();
  const started = performance.now();
  const device = await reader.read(productId);
  expect(performance.now() - started).toBeLessThan(10_500);
  expect(await reader.read(productId)).toEqual(device);
  expect(device.platform).toBe(nodeSystem.platform);
});
