import type { DeviceEnvironment } from '../device/device.ts';
import { ThriveError } from '../errors.ts';
import { isRecord } from './read-answer.ts';

// What travels, as far as this package needs it. Everything here but a lease token is hearsay: it may be shown, and
// grants nothing.

/** A device in a request. */
export interface WireDevice {
  readonly fingerprint: string;
  readonly components?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly platform?: string;
  readonly arch?: string;
  readonly os_version?: string;
  readonly app_version?: string;
  readonly environment?: DeviceEnvironment;
}

export interface WireLicense {
  readonly devices_used: number | null;
  readonly key_masked: string | null;
}

export interface WireActivation {
  readonly result: string;
  readonly lease: string;
  readonly license: WireLicense;
}

export interface WireValidation {
  readonly code: string;
  /** Absent where the server has nothing to sign: it does not know the license, or never knew the device. */
  readonly lease: string | null;
  readonly license: WireLicense;
}

export interface WireDeactivation {
  readonly result: string;
  /** Of the request, if this answers it. */
  readonly nonce: unknown;
}

/** @throws {ThriveError} UNTRUSTED_ANSWER */
export function readActivation(data: unknown): WireActivation {
  const { result, lease, license } = record(data);
  return { result: text(result), lease: text(record(lease)['token']), license: readLicense(license) };
}

/** @throws {ThriveError} UNTRUSTED_ANSWER */
export function readValidation(data: unknown): WireValidation {
  const { code, lease, license } = record(data);
  return {
    code: text(code),
    lease: lease === undefined ? null : text(record(lease)['token']),
    license: readLicense(license),
  };
}

/** @throws {ThriveError} UNTRUSTED_ANSWER */
export function readDeactivation(data: unknown): WireDeactivation {
  const { result, nonce } = record(data);
  return { result: text(result), nonce };
}

function readLicense(license: unknown): WireLicense {
  const { devices_used: used, key_masked: masked } = isRecord(license) ? license : {};
  return {
    devices_used: Number.isSafeInteger(used) ? Number(used) : null,
    key_masked: typeof masked === 'string' ? masked : null,
  };
}

function record(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw unreadable();
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw unreadable();
  return value;
}

const unreadable = () => new ThriveError('UNTRUSTED_ANSWER', { details: { reason: 'not_the_api' } });
