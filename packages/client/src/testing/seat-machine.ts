import { newId } from './ids.ts';
import type { LeaseIssuer } from './lease-issuer.ts';
import { componentsOf, descriptionOf, keptSeat, recognizeDevice } from './recognize-device.ts';
import {
  type DeviceRecord,
  dayMs,
  devicesUsed,
  type IssuedLease,
  isActive,
  type LicenseRecord,
} from './records.ts';
import { notFound, Refusal } from './refusal.ts';
import type { DeviceInput } from './request.ts';

export interface SeatClaim {
  readonly license: LicenseRecord;
  readonly device: DeviceInput;
  readonly replaceDeviceId?: string | undefined;
  readonly nonce: string | undefined;
  readonly offlineDays?: number;
  /** Epoch milliseconds. */
  readonly now: number;
  /** No seat is free, whatever the license says. */
  readonly isFull: boolean;
}

export interface Seated {
  readonly result: 'activated' | 'already_active' | 'recovered' | 'replaced';
  readonly device: DeviceRecord;
  readonly lease: IssuedLease;
}

/**
 * A machine asks for a seat: it gets its own again, that of the device it replaces, or a free one. Looked for in this
 * order, so that a machine that has a seat keeps it on a full license too. Runs in one go: nothing can step in between.
 *
 * @throws {Refusal} DEVICE_LIMIT_REACHED; RESOURCE_NOT_FOUND for a device to replace that is none of this license.
 */
export function seatMachine(claim: SeatClaim, leases: LeaseIssuer): Seated {
  const { license, device: input, replaceDeviceId, now } = claim;
  const kept = keptSeat(recognizeDevice(license, input), input, now);
  if (kept) {
    Object.assign(kept.device, kept.changes);
    return withLease(claim, kept.result, kept.device, leases);
  }

  const named = replaceDeviceId === undefined ? null : findDevice(license, replaceDeviceId);
  // A device that was replaced before has freed its seat already: a free one is taken.
  const replaced = named && isActive(named) ? named : null;
  requireFreeSeat(claim, replaced);
  if (replaced) release(replaced, now);
  const device = newDevice(input, now);
  startOnFirstActivation(license, now);
  license.devices.push(device);
  return withLease(claim, replaced ? 'replaced' : 'activated', device, leases);
}

/** Frees a seat. @returns whether it was taken until now. */
export function release(device: DeviceRecord, now: number): boolean {
  if (!isActive(device)) return false;
  device.deactivatedAt = now;
  return true;
}

/** @throws {Refusal} RESOURCE_NOT_FOUND */
export function findDevice(license: LicenseRecord, id: string): DeviceRecord {
  const device = license.devices.find((candidate) => candidate.id === id);
  if (!device) throw notFound('device');
  return device;
}

/** Before anything is freed: a refusal must leave the device to replace where it is. */
function requireFreeSeat({ license, isFull, now }: SeatClaim, replaced: DeviceRecord | null): void {
  const { deviceLimit } = license;
  if (isFull && !replaced) throw limitReached(deviceLimit, deviceLimit);
  if (license.type === 'floating' && devicesUsed(license) >= deviceLimit) releaseLapsed(license, now);
  const used = devicesUsed(license) - (replaced && isActive(replaced) ? 1 : 0);
  if (used >= deviceLimit) throw limitReached(deviceLimit, used);
}

const limitReached = (limit: number, used: number) =>
  new Refusal('DEVICE_LIMIT_REACHED', { details: { limit, used } });

/** Floating seats whose lease ran out are free: taken back by whoever needs one. */
function releaseLapsed(license: LicenseRecord, now: number): void {
  for (const device of license.devices) {
    if (device.seatExpiresAt !== null && device.seatExpiresAt <= now) release(device, now);
  }
}

/** The duration of a license that runs from its first activation begins now, once. */
function startOnFirstActivation(license: LicenseRecord, now: number): void {
  if (license.firstActivatedAt !== null) return;
  license.firstActivatedAt = now;
  const { expiryBasis, durationDays, expiresAt } = license;
  if (expiryBasis === 'first_activation' && durationDays !== null && expiresAt === null)
    license.expiresAt = now + durationDays * dayMs;
}

function withLease(
  claim: SeatClaim,
  result: Seated['result'],
  device: DeviceRecord,
  leases: LeaseIssuer,
): Seated {
  const lease = leases.issue(claim.license, device, claim);
  extendSeat(claim.license, device, lease);
  return { result, device, lease };
}

/** A floating seat is the device's own for as long as its lease runs, and never for less than was promised. */
export function extendSeat(license: LicenseRecord, device: DeviceRecord, lease: IssuedLease): void {
  const promised = Math.max(lease.claims.exp * 1000, device.seatExpiresAt ?? 0);
  device.seatExpiresAt = license.type === 'floating' ? promised : null;
}

function newDevice(input: DeviceInput, now: number): DeviceRecord {
  return {
    id: newId('dev', now),
    activatedAt: now,
    fingerprint: input.fingerprint,
    components: componentsOf(input),
    description: descriptionOf(input),
    reenrolledAt: [],
    deactivatedAt: null,
    lastSeenAt: now,
    seatExpiresAt: null,
    leaseSequence: 0,
    lease: null,
  };
}
