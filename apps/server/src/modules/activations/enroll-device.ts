import type { DeviceInput } from '@thrivetech/contracts';
import { matchDevice } from '@thrivetech/lease';
import { dayMs } from '../../platform/clock.ts';
import type { DeviceComponents, DeviceRecord } from '../licenses/index.ts';

/** Changed components are taken over at most so often: a seat must not wander from machine to machine (licensing.md). */
const reenrolmentsMax = 2;
const reenrolmentWindowMs = 30 * dayMs;

const componentsOf = (input: DeviceInput): DeviceComponents =>
  Object.fromEntries(Object.entries(input.components ?? {}).filter(([, digest]) => digest !== undefined));

/** A machine that takes a seat. */
export function newDevice(
  input: DeviceInput,
  origin: Pick<DeviceRecord, 'id' | 'account_id' | 'license_id' | 'seat'> & { now: number },
): DeviceRecord {
  const { now, ...ids } = origin;
  return {
    ...ids,
    fingerprint: input.fingerprint,
    components: componentsOf(input),
    reenrolled_at: [],
    ...description(input, null),
    activated_at: now,
    deactivated_at: null,
    last_seen_at: now,
    seat_expires_at: null,
    lease_sequence: 0,
    lease: null,
  };
}

/** Is this enrolled device the machine that presents itself, by its components? */
export function isSameMachine(device: DeviceRecord, input: DeviceInput): boolean {
  return matchDevice(device.components, componentsOf(input)).matches;
}

/** The components and fingerprint that changed since enrolment may be taken over; null: too often already. */
export function reenroll(device: DeviceRecord, input: DeviceInput, now: number): DeviceRecord | null {
  const presented = componentsOf(input);
  const components = { ...device.components, ...presented };
  const unchanged =
    device.fingerprint === input.fingerprint &&
    matchDevice(device.components, presented).changed.length === 0;
  // Learning a component that was unknown is no change: nothing is forgotten for it.
  const learned = Object.keys(components).length > Object.keys(device.components).length;
  if (unchanged) return learned ? { ...device, components } : device;
  const recent = device.reenrolled_at.filter((at) => at > now - reenrolmentWindowMs);
  if (recent.length >= reenrolmentsMax) return null;
  return { ...device, fingerprint: input.fingerprint, components, reenrolled_at: [...recent, now] };
}

/** The device as the machine shows itself now, whether or not that may be taken over. */
export const asPresented = (device: DeviceRecord, input: DeviceInput): DeviceRecord => ({
  ...device,
  fingerprint: input.fingerprint,
  components: componentsOf(input),
});

/** The device with what it says of itself today. */
export function describe(device: DeviceRecord, input: DeviceInput, now: number): DeviceRecord {
  return { ...device, ...description(input, device), last_seen_at: Math.max(now, device.last_seen_at) };
}

type Description = Pick<
  DeviceRecord,
  'name' | 'platform' | 'arch' | 'os_version' | 'app_version' | 'environment'
>;

function description(input: DeviceInput, known: Description | null): Description {
  return {
    name: input.name ?? known?.name ?? null,
    platform: input.platform ?? known?.platform ?? null,
    arch: input.arch ?? known?.arch ?? null,
    os_version: input.os_version ?? known?.os_version ?? null,
    app_version: input.app_version ?? known?.app_version ?? null,
    environment: input.environment ?? known?.environment ?? null,
  };
}
