import { type ComponentDigests, matchDevice } from '@thrivetech/lease';
import { type DeviceDescription, type DeviceRecord, dayMs, isActive, type LicenseRecord } from './records.ts';
import type { DeviceInput } from './request.ts';

/** Changed components are taken over at most so often: a seat must not wander from machine to machine. */
const reenrolmentsMax = 2;
const reenrolmentWindowMs = 30 * dayMs;

/** A seat that is found to be a machine's own. */
export interface Recognized {
  readonly device: DeviceRecord;
  readonly by: 'fingerprint' | 'components';
}

/** The machine's own seat, if it has one: found by fingerprint, or by its components when that has changed. */
export function recognizeDevice(license: LicenseRecord, input: DeviceInput): Recognized | null {
  const active = license.devices.filter(isActive);
  const known = active.find(({ fingerprint }) => fingerprint === input.fingerprint);
  if (known) return { device: known, by: 'fingerprint' };
  const match = active.find((device) => isSameMachine(device, input));
  return match ? { device: match, by: 'components' } : null;
}

export const isSameMachine = (device: DeviceRecord, input: DeviceInput): boolean =>
  matchDevice(device.components, componentsOf(input)).matches;

/** A seat that stays a machine's own, and what is to be taken over of what the machine says of itself today. */
export interface KeptSeat {
  readonly device: DeviceRecord;
  readonly result: 'already_active' | 'recovered';
  readonly changes: Partial<DeviceRecord>;
}

/** The seat that a recognized machine keeps; null when too much of it has changed too often. */
export function keptSeat(recognized: Recognized | null, input: DeviceInput, now: number): KeptSeat | null {
  if (!recognized) return null;
  const { device, by } = recognized;
  const enrolled = reenroll(device, input, now);
  // The fingerprint is proof enough; parts that changed too often are then not taken over.
  if (!enrolled && by === 'components') return null;
  const seen = {
    description: descriptionOf(input, device.description),
    lastSeenAt: Math.max(now, device.lastSeenAt),
  };
  const result = by === 'fingerprint' ? 'already_active' : 'recovered';
  return { device, result, changes: { ...enrolled, ...seen } };
}

export function componentsOf({ components = {} }: DeviceInput): ComponentDigests {
  return Object.fromEntries(Object.entries(components).filter(([, digest]) => digest !== undefined));
}

/** The components and fingerprint that changed since enrolment; null: they changed too often already. */
function reenroll(device: DeviceRecord, input: DeviceInput, now: number): Partial<DeviceRecord> | null {
  const { fingerprint } = input;
  const presented = componentsOf(input);
  const components = { ...device.components, ...presented };
  const { changed } = matchDevice(device.components, presented);
  // Learning a component that was unknown is no change: nothing is forgotten for it.
  if (device.fingerprint === fingerprint && changed.length === 0) return { components };
  const recent = device.reenrolledAt.filter((at) => at > now - reenrolmentWindowMs);
  if (recent.length >= reenrolmentsMax) return null;
  return { fingerprint, components, reenrolledAt: [...recent, now] };
}

/** What is left out stays as it was known. */
export function descriptionOf(input: DeviceInput, known?: DeviceDescription): DeviceDescription {
  return {
    name: input.name ?? known?.name ?? null,
    platform: input.platform ?? known?.platform ?? null,
    arch: input.arch ?? known?.arch ?? null,
    os_version: input.os_version ?? known?.os_version ?? null,
    app_version: input.app_version ?? known?.app_version ?? null,
    environment: input.environment ?? known?.environment ?? null,
  };
}
