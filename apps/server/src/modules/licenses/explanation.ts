import type { ruleOutcomes } from '@thrivetech/contracts';
import { toTimestamp } from '../../platform/clock.ts';
import type { DeviceRecord } from './device.ts';
import { endOfLicense, type LicenseRecord } from './license.ts';

/** One rule as it was asked, in words for a person. */
export interface ExplainedRule {
  readonly rule: string;
  readonly outcome: (typeof ruleOutcomes)[number];
  readonly explanation: string;
  /** What would make a refused rule pass; null for one that did not refuse. */
  readonly action: string | null;
}

interface Rule {
  readonly rule: string;
  /** Why the rule refuses, or null when it passes. */
  readonly refusal: string | null;
  readonly pass: string;
  readonly action: string;
}

/**
 * Why a license works for a device at a moment, or does not: the rules in the order in which the platform asks them.
 * Everything after the first refusal is not reached. What happened after the moment does not count; what a license
 * said before it was last edited is not kept.
 *
 * @param device null: a machine that asks for a seat.
 * @param at epoch milliseconds.
 * @param seatsTaken seats that were taken at that moment; today's when left out.
 */
export function explain(
  license: LicenseRecord,
  device: DeviceRecord | null,
  at: number,
  seatsTaken: number = license.devices_used,
): ExplainedRule[] {
  let refused = false;
  return rulesOf(license, device, at, seatsTaken).map(({ rule, refusal, pass, action }) => {
    if (refused)
      return { rule, outcome: 'not_reached', explanation: 'An earlier rule refused.', action: null };
    refused = refusal !== null;
    return refusal === null
      ? { rule, outcome: 'passed', explanation: pass, action: null }
      : { rule, outcome: 'refused', explanation: refusal, action };
  });
}

function rulesOf(
  license: LicenseRecord,
  device: DeviceRecord | null,
  at: number,
  seatsTaken: number,
): Rule[] {
  return [
    {
      rule: 'exists',
      refusal: license.created_at > at ? `It was created on ${toTimestamp(license.created_at)}.` : null,
      pass: `It was created on ${toTimestamp(license.created_at)}.`,
      action: 'Ask about a later moment.',
    },
    {
      rule: 'not_revoked',
      refusal: happened(license.revoked_at, at) ? `It was revoked on ${day(license.revoked_at)}.` : null,
      pass: 'It is not revoked.',
      action: 'Revoking is final: issue a new license.',
    },
    {
      rule: 'not_suspended',
      refusal: happened(license.suspended_at, at)
        ? `It has been suspended since ${day(license.suspended_at)}.`
        : null,
      pass: 'It is not suspended.',
      action: 'Reinstate the license.',
    },
    {
      rule: 'started',
      refusal:
        license.starts_at > at && license.starts_at > license.created_at
          ? `It starts on ${toTimestamp(license.starts_at)}.`
          : null,
      pass: `It started on ${toTimestamp(license.starts_at)}.`,
      action: 'Wait, or set `starts_at` to an earlier time.',
    },
    expiryRule(license, at),
    device ? deviceRule(device, at) : seatRule(license, seatsTaken),
  ];
}

function expiryRule(license: LicenseRecord, at: number): Rule {
  const end = endOfLicense(license);
  const isInGrace = happened(license.expires_at, at);
  return {
    rule: 'not_expired',
    refusal: happened(end, at)
      ? `It expired on ${day(license.expires_at)}, and its ${license.grace_days} days of grace are over.`
      : null,
    pass:
      license.expires_at === null
        ? 'It has no end.'
        : isInGrace
          ? `It expired on ${day(license.expires_at)} and is in its days of grace until ${day(end)}.`
          : `It runs until ${day(license.expires_at)}.`,
    action: 'Renew the license.',
  };
}

function deviceRule(device: DeviceRecord, at: number): Rule {
  const isGone = happened(device.deactivated_at, at);
  return {
    rule: 'device_active',
    refusal: isGone
      ? `The device was deactivated on ${day(device.deactivated_at)}.`
      : device.activated_at > at
        ? `The device was activated only on ${toTimestamp(device.activated_at)}.`
        : null,
    pass: `The device holds seat ${device.seat} since ${toTimestamp(device.activated_at)}.`,
    action: 'Activate the device again.',
  };
}

function seatRule({ device_limit }: LicenseRecord, seatsTaken: number): Rule {
  return {
    rule: 'seat_free',
    refusal:
      seatsTaken >= device_limit ? `All ${device_limit} seats are taken (${seatsTaken} devices).` : null,
    pass: `${device_limit - seatsTaken} of ${device_limit} seats are free.`,
    action: 'Deactivate a device or raise the device limit.',
  };
}

const happened = (time: number | null, at: number): boolean => time !== null && time <= at;
const day = (time: number | null): string => (time === null ? '' : toTimestamp(time));
