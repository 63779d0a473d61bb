import type { DeviceComponent } from '@thrivetech/lease';
import type { Device, DeviceReader } from '../device/device.ts';

/** A made-up machine, for the option `device` of `ThriveLicense`. */
export interface TestMachine extends DeviceReader {
  /** What it says of itself at present. */
  readonly device: Device;
  /** Exchanges parts, as a repair or a reinstallation would. A strong one changes the fingerprint as well. */
  replaceParts(...parts: readonly DeviceComponent[]): void;
}

const partNames: readonly DeviceComponent[] = ['os_install_id', 'board_id', 'boot_disk', 'mac', 'cpu'];
const digestCharsMin = 16;

/**
 * The same name makes the same machine; machines of different names share no part.
 *
 * @throws {RangeError} for a name that is not 1 to 48 of A-Z a-z 0-9 _ -
 */
export function createTestMachine(name = 'test-machine'): TestMachine {
  if (!/^[A-Za-z0-9_-]{1,48}$/.test(name)) throw new RangeError('a name is 1 to 48 of A-Z a-z 0-9 _ -');
  const replacements = new Map<DeviceComponent, number>();
  // Where a real machine has a digest, this one has words: they can be read in a log.
  const digest = (part: DeviceComponent) =>
    `${name}-${part}-${replacements.get(part) ?? 0}`.padEnd(digestCharsMin, '-');
  const device = (): Device => ({
    fingerprint: `${digest('os_install_id')}.${digest('board_id')}`,
    components: Object.fromEntries(partNames.map((part) => [part, digest(part)])),
    name,
    platform: 'linux',
    arch: 'x64',
    environment: 'desktop',
  });

  return {
    get device() {
      return device();
    },
    read: async () => device(),
    replaceParts(...parts) {
      for (const part of parts) replacements.set(part, (replacements.get(part) ?? 0) + 1);
    },
  };
}
