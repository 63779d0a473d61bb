import type { Feature } from '@thrivetech/lease';
import { issueLicenseFile, type LicenseFileOptions } from './issue-license-file.ts';
import { newLicenseKey } from './new-license.ts';
import {
  type DeviceDescription,
  type DeviceRecord,
  dayMs,
  devicesUsed,
  isActive,
  type LicenseRecord,
  type LicenseStatus,
  type LicenseType,
  licenseStatus,
} from './records.ts';
import { findDevice, release } from './seat-machine.ts';
import type { Server } from './serve-call.ts';

/** A device as the vendor sees it. */
export interface EmulatedDevice extends DeviceDescription {
  readonly id: string;
  readonly licenseId: string;
  readonly isActive: boolean;
  readonly fingerprint: string;
  readonly activatedAt: Date;
  readonly deactivatedAt: Date | null;
  readonly lastSeenAt: Date;
}

/** A license of the emulator, and what its vendor can do to it. Every change counts from the next request on. */
export interface EmulatedLicense {
  readonly id: string;
  readonly productId: string;
  readonly type: LicenseType;
  /** In full, as its owner has it. */
  readonly key: string;
  /** At this moment of the emulator's clock; `active` covers the days of grace. */
  readonly status: LicenseStatus;
  readonly expiresAt: Date | null;
  readonly deviceLimit: number;
  readonly devicesUsed: number;
  /** Active and ended ones, the oldest first. */
  devices(): readonly EmulatedDevice[];

  /** Final: every seat is free, and the license never works again. */
  revoke(): void;
  /** Refuses the license for a while. Devices keep their seats. */
  suspend(): void;
  reinstate(): void;
  /** The license ended, its days of grace included. */
  expire(): void;
  /** The license ended just now; its days of grace begin. */
  enterGrace(): void;
  /** The license ends so many days from now. */
  renew(days: number): void;
  /** Seats. A lower limit keeps the devices there are and admits no new one. */
  setLimit(deviceLimit: number): void;
  setFeatures(features: Readonly<Record<string, Feature>>): void;
  /** The old license key finds nothing any more; devices do not notice. */
  rotateKey(): void;
  /** Frees a seat, as support does for a customer. */
  removeDevice(deviceId: string): void;
  /**
   * Answers the request file (`.lreq`) of a machine without a network: the text of a `.lic` file.
   *
   * @throws {ThriveError} with the server's code, by the rules of an activation.
   */
  issueFile(request: string, options?: LicenseFileOptions): Promise<string>;
}

/** @param now epoch milliseconds, read anew each time. */
export function emulatedLicense(server: Server, record: LicenseRecord, now: () => number): EmulatedLicense {
  const endAt = (expiresAt: number) => {
    record.expiresAt = expiresAt;
    // What ends is not perpetual any more.
    if (record.type === 'perpetual') record.type = 'timed';
  };
  return {
    id: record.id,
    productId: record.product.id,
    get type() {
      return record.type;
    },
    get key() {
      return record.key;
    },
    get status() {
      return licenseStatus(record, now());
    },
    get expiresAt() {
      return record.expiresAt === null ? null : new Date(record.expiresAt);
    },
    get deviceLimit() {
      return record.deviceLimit;
    },
    get devicesUsed() {
      return devicesUsed(record);
    },
    devices: () => record.devices.map((device) => emulatedDevice(record, device)),
    revoke() {
      record.revokedAt ??= now();
      for (const device of record.devices) release(device, now());
    },
    suspend() {
      record.suspendedAt ??= now();
    },
    reinstate() {
      record.suspendedAt = null;
    },
    expire: () => endAt(now() - record.graceDays * dayMs),
    enterGrace: () => endAt(now()),
    renew: (days) => endAt(now() + days * dayMs),
    setLimit(deviceLimit) {
      record.deviceLimit = deviceLimit;
    },
    setFeatures(features) {
      record.features = features;
    },
    rotateKey() {
      record.key = newLicenseKey();
    },
    removeDevice: (deviceId) => void release(findDevice(record, deviceId), now()),
    issueFile: (request, options = {}) =>
      issueLicenseFile(server, record, request, { ...options, now: now() }),
  };
}

function emulatedDevice(license: LicenseRecord, device: DeviceRecord): EmulatedDevice {
  const { id, fingerprint, description, activatedAt, deactivatedAt, lastSeenAt } = device;
  return {
    id,
    licenseId: license.id,
    isActive: isActive(device),
    fingerprint,
    ...description,
    activatedAt: new Date(activatedAt),
    deactivatedAt: deactivatedAt === null ? null : new Date(deactivatedAt),
    lastSeenAt: new Date(lastSeenAt),
  };
}
