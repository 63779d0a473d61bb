import type { Caches, ReadCache } from '../../platform/cache.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { DeviceRecord, LicenseRecord, SeatRepositories } from '../licenses/index.ts';

/** A license and those of its devices that asked lately. */
export interface KnownLicense {
  readonly license: LicenseRecord;
  readonly devices: Map<string, DeviceRecord>;
}

const cachedLicensesMax = 50_000;
/** Devices remembered per license; a license with more of them reads the others each time. */
const cachedDevicesMax = 1_000;

/** Licenses and devices for `validate`, kept in memory until a transaction changes them. */
export interface KnownLicenses {
  find(account_id: string, key_hash: string): Promise<LicenseRecord | null>;
  /** The active device with this fingerprint. @param license as {@link find} gave it. */
  findDevice(license: LicenseRecord, fingerprint: string): Promise<DeviceRecord | null>;
}

export function createKnownLicenses(uow: UnitOfWork<SeatRepositories>, caches: Caches): KnownLicenses {
  const cache: ReadCache<KnownLicense> = caches.create(cachedLicensesMax, ({ license }) => [license.id]);
  const entry = (account_id: string, key_hash: string) =>
    cache.get(`${account_id}/${key_hash}`, async () => {
      const license = await uow.read.licenses.findByKey(account_id, key_hash);
      return license && { license, devices: new Map() };
    });

  return {
    find: async (account_id, key_hash) => (await entry(account_id, key_hash))?.license ?? null,

    async findDevice(license, fingerprint) {
      const known = await entry(license.account_id, license.key_hash);
      const device = known?.devices.get(fingerprint);
      if (device) return device;
      const read = await uow.read.devices.findActiveByFingerprint(license, fingerprint);
      // An entry that a change has dropped meanwhile is nobody's any more: what is added to it is not seen again.
      if (known && read && known.devices.size < cachedDevicesMax) known.devices.set(fingerprint, read);
      return read;
    },
  };
}
