import type { DeviceInput } from '@thrivetech/contracts';
import { AppError } from '../../platform/app-error.ts';
import type { NewId } from '../../platform/ids.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { LeaseIssuer, LeaseRequest } from '../leases/index.ts';
import {
  type DeviceRecord,
  firstActivated,
  isCounted,
  type LicenseRecord,
  recordDeviceEvent,
  releaseSeats,
  type SeatRepositories,
  type StoredLease,
} from '../licenses/index.ts';
import { describe, isSameMachine, newDevice, reenroll } from './enroll-device.ts';

export interface Seated {
  readonly result: 'already_active' | 'recovered' | 'activated';
  readonly license: LicenseRecord;
  readonly device: DeviceRecord;
  readonly lease: StoredLease;
}

/** A seat that is found to be a machine's own. */
export interface Recognized {
  readonly device: DeviceRecord;
  readonly by: 'fingerprint' | 'components';
}

/** The machine's own seat, if it has one: found by fingerprint, or by its components when that has changed. */
export async function recognizeDevice(
  devices: SeatRepositories['devices'],
  license: LicenseRecord,
  input: DeviceInput,
): Promise<Recognized | null> {
  const known = await devices.findActiveByFingerprint(license, input.fingerprint);
  if (known) return { device: known, by: 'fingerprint' };
  const candidates = await devices.findActiveByStrongComponents(license, input.components ?? {});
  const match = candidates.find((device) => isSameMachine(device, input));
  return match ? { device: match, by: 'components' } : null;
}

/** A seat that stays a machine's own, with what the machine says of itself today. */
export interface KeptSeat {
  readonly device: DeviceRecord;
  readonly result: 'already_active' | 'recovered';
}

/** The seat that a recognized machine keeps; null when too much of it has changed too often. */
export function keptSeat(recognized: Recognized | null, input: DeviceInput, now: number): KeptSeat | null {
  if (!recognized) return null;
  const enrolled = reenroll(recognized.device, input, now);
  if (recognized.by === 'fingerprint') {
    return { device: describe(enrolled ?? recognized.device, input, now), result: 'already_active' };
  }
  return enrolled && { device: describe(enrolled, input, now), result: 'recovered' };
}

/**
 * Gives a machine its seat. It was looked for before the limit is: a machine that has a seat keeps it, takes no
 * second one, and causes no event. The license row must be locked by this transaction.
 *
 * @param kept what {@link keptSeat} made of the device that this transaction recognized.
 * @throws {AppError} DEVICE_LIMIT_REACHED when no seat is free.
 */
export async function takeSeat(
  tx: SeatRepositories,
  request: RequestContext,
  claim: LeaseRequest & { license: LicenseRecord; input: DeviceInput; kept: KeptSeat | null },
  deps: { newId: NewId; leases: LeaseIssuer },
): Promise<Seated> {
  const { license, input, kept } = claim;
  if (kept) {
    const { device, lease } = await withLease(deps.leases, request, license, kept.device, claim);
    await tx.devices.replace(device);
    return { result: kept.result, license, device, lease };
  }

  const open = await reclaimLapsedSeats(tx, request, license);
  const devices_used = await tx.licenses.takeSeat(open);
  if (devices_used === null) {
    throw new AppError('DEVICE_LIMIT_REACHED', {
      details: { limit: open.device_limit, used: open.devices_used },
    });
  }
  const started = await startOnFirstActivation(tx, { ...open, devices_used }, request.now);
  const id = deps.newId('device', request.now);
  const enrolled = newDevice(input, {
    id,
    license_id: license.id,
    account_id: license.account_id,
    seat: devices_used,
    now: request.now,
  });
  const { device: leased, lease } = await withLease(deps.leases, request, started, enrolled, claim);
  const device = await tx.devices.insert(leased);
  if (isCounted(license)) await tx.usage.countMore(request, 'activations');
  await recordDeviceEvent(tx, request, 'license.activated', started, device);
  return { result: 'activated', license: started, device, lease };
}

/** The device as it is to be stored with its lease; a floating seat is its own for as long as that runs. */
async function withLease(
  leases: LeaseIssuer,
  request: RequestContext,
  license: LicenseRecord,
  device: DeviceRecord,
  asked: LeaseRequest,
): Promise<{ device: DeviceRecord; lease: StoredLease }> {
  const lease = await leases.issue(request, license, device, asked);
  // Never earlier than was promised: another call of this device may have been given more.
  const promised = Math.max(lease.expires_at, device.seat_expires_at ?? 0);
  const seat_expires_at = license.type === 'floating' ? promised : null;
  return { device: { ...device, lease, lease_sequence: lease.sequence, seat_expires_at }, lease };
}

/**
 * Floating seats whose lease ran out are free. They are taken back here, by the transaction that needs one: no sweep
 * has to run in time, and between taking back and taking nobody can step.
 */
async function reclaimLapsedSeats(
  tx: SeatRepositories,
  request: RequestContext,
  license: LicenseRecord,
): Promise<LicenseRecord> {
  if (license.type !== 'floating' || license.devices_used < license.device_limit) return license;
  const lapsed = await tx.devices.listLapsed(license, request.now);
  return releaseSeats(tx, request, license, lapsed, request.now);
}

/** The duration of a license that runs from its first activation begins now, once. */
async function startOnFirstActivation(
  tx: SeatRepositories,
  license: LicenseRecord,
  now: number,
): Promise<LicenseRecord> {
  if (license.first_activated_at !== null) return license;
  const started = firstActivated(license, now);
  await tx.licenses.setFirstActivation(started);
  return started;
}
