import { encodeBase64Url } from '@thrivetech/lease';
import type { Device } from '../device/device.ts';
import { createDeviceReader } from '../device/device-reader.ts';
import { withFallbackFingerprint } from './change-stored.ts';
import type { LicenseStore } from './license-store.ts';
import type { DeviceOptions } from './options.ts';

const fingerprintBytes = 32;

/**
 * This machine: as the app says, else as it shows itself. One that shows nothing gets a name made up, which is stored so
 * that it is the same machine after a restart, and in its other processes.
 *
 * @throws {Error} only what a `read` of the app's own throws.
 */
export async function readThisDevice(
  { read, fingerprint, name }: DeviceOptions,
  machine: {
    readonly productId: string;
    readonly store: LicenseStore;
    readonly random: (count: number) => Uint8Array;
  },
): Promise<Device> {
  const { productId, store, random } = machine;
  if (read) {
    const device = await read(productId);
    return {
      ...device,
      ...(fingerprint !== undefined && { fingerprint }),
      ...(name !== undefined && { name: name ?? undefined }),
    };
  }
  const stored = store.read();
  const known = stored === 'damaged' ? null : stored.fallback_fingerprint;
  const madeUp = known ?? encodeBase64Url(random(fingerprintBytes));
  const reader = createDeviceReader({ fingerprint, name, fallbackFingerprint: () => madeUp });
  const device = await reader.read(productId);
  const isNewName = device.fingerprint === madeUp && madeUp !== known;
  return isNewName ? { ...device, fingerprint: await agree(store, madeUp) } : device;
}

/** Two processes that start at once must not be two machines: the first to write has named it. */
async function agree(store: LicenseStore, madeUp: string): Promise<string> {
  // Where nothing can be written, the name at least holds in this process.
  await store.update((stored) => withFallbackFingerprint(stored, madeUp)).catch(() => {});
  const stored = store.read();
  return stored === 'damaged' ? madeUp : (stored.fallback_fingerprint ?? madeUp);
}
