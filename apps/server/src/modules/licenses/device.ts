import type { Device } from '@thrivetech/contracts';
import type { ComponentDigests } from '@thrivetech/lease';
import { toTimestamp, toTimestampOrNull } from '../../platform/clock.ts';

/** Keyed digests of machine parts by name, as the client sent them. */
export type DeviceComponents = ComponentDigests;

/** A device as it is stored: one activation of one machine. Times in epoch milliseconds. */
export interface DeviceRecord {
  readonly id: string;
  readonly account_id: string;
  readonly license_id: string;
  readonly seat: number;
  readonly fingerprint: string;
  readonly components: DeviceComponents;
  /** When changed components were taken over. */
  readonly reenrolled_at: readonly number[];
  readonly name: string | null;
  readonly platform: string | null;
  readonly arch: string | null;
  readonly os_version: string | null;
  readonly app_version: string | null;
  readonly environment: string | null;
  readonly activated_at: number;
  readonly deactivated_at: number | null;
  readonly last_seen_at: number;
  /** When a floating seat is free for others; null: never, the seat is the device's own. */
  readonly seat_expires_at: number | null;
  /** Sequence number of the newest lease; it only rises. */
  readonly lease_sequence: number;
  readonly lease: StoredLease | null;
}

/** The newest lease of a device, kept so that it can be given again until it is due. */
export interface StoredLease {
  readonly token: string;
  readonly sequence: number;
  readonly key_id: string;
  readonly issued_at: number;
  readonly refresh_after: number;
  readonly expires_at: number;
  readonly grace_until: number;
  /** Digest of everything the lease says. When it differs, the lease must be made anew. */
  readonly basis: string;
}

export function deviceView(device: DeviceRecord): Device {
  return {
    id: device.id,
    license_id: device.license_id,
    status: device.deactivated_at === null ? 'active' : 'deactivated',
    seat: device.seat,
    fingerprint: device.fingerprint,
    name: device.name,
    platform: device.platform,
    arch: device.arch,
    os_version: device.os_version,
    app_version: device.app_version,
    environment: device.environment,
    activated_at: toTimestamp(device.activated_at),
    deactivated_at: toTimestampOrNull(device.deactivated_at),
    last_seen_at: toTimestamp(device.last_seen_at),
  };
}
