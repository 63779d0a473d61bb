import type { AcceptedLease, LeaseClaims, LeaseError, RefusedLease } from '@thrivetech/lease';
import type { LicenseInfo, LicenseState, LicenseWarning } from './license-state.ts';
import type { Problem, StoredLicense } from './stored-license.ts';
import type { VerifiedLicense } from './verify-stored.ts';

/** All that a state is judged by. */
export interface LicenseFacts {
  /** `damaged`: something is stored that nobody can read. */
  readonly stored: StoredLicense | 'damaged';
  /** Of {@link verifyStored}, on this machine and at this time; null without a lease. */
  readonly verified: VerifiedLicense | null;
  /** Epoch seconds. */
  readonly now: number;
}

/** Errors about time: the lease itself is genuine and may be right again at another moment. */
const clockErrors: readonly LeaseError[] = ['CLOCK_ROLLBACK', 'NOT_YET_VALID'];

/** The state that an app sees. Pure: the same facts give the same state, whoever asks. */
export function judgeLicense({ stored, verified, now }: LicenseFacts): LicenseState {
  if (stored === 'damaged') {
    return { ...refused('tampered', null, null), reason: 'state_damaged' };
  }
  const warning = warningOf(stored.problem);
  if (verified?.lease.ok) return licensed(stored, verified.lease, now, warning);

  const { device_id: deviceId, problem } = stored;
  // The last thing a user tried, so it outranks why there was nothing before it.
  if (problem?.code === 'DEVICE_LIMIT_REACHED') {
    const { limit = null, used = null } = problem.seats ?? {};
    return { ...refused('device_limit', deviceId, warning), seats: { limit, used } };
  }
  if (!verified) {
    const reason = stored.is_deactivated ? 'deactivated' : 'never_activated';
    return { ...refused('unlicensed', deviceId, warning), reason };
  }
  return ended(stored, verified, verified.lease as RefusedLease, now);
}

function licensed(
  stored: StoredLicense,
  { claims, state, graceUntil }: AcceptedLease,
  now: number,
  warning: LicenseWarning | null,
): LicenseState {
  const { exp, lic } = claims;
  const common = {
    isLicensed: true,
    deviceId: claims.dev,
    warning,
    license: licenseInfo(stored, claims),
    validUntil: date(Math.min(exp, lic.exp ?? exp)),
    graceUntil: date(graceUntil),
  } as const;
  if (state === 'grace') {
    return {
      status: 'grace',
      ...common,
      reason: hasLicenseEnded(claims, now) ? 'license_ended' : 'not_refreshed',
    };
  }
  if (lic.type === 'trial') return { status: 'trial', ...common, endsAt: date(lic.exp ?? graceUntil) };
  return { status: 'active', ...common };
}

/** A lease that was stored and grants nothing now. */
function ended(
  stored: StoredLicense,
  { revocations }: VerifiedLicense,
  { error, claims, highWater = 0 }: RefusedLease,
  now: number,
): LicenseState {
  const deviceId = stored.device_id;
  const warning = warningOf(stored.problem);
  const license = claims && licenseInfo(stored, claims);

  if (error === 'DEVICE_MISMATCH') {
    return { ...refused('tampered', deviceId, warning), reason: 'other_machine' };
  }
  if (!claims || !license || !isGenuine(error)) {
    return { ...refused('tampered', deviceId, warning), reason: 'untrusted_lease' };
  }
  if (error === 'REVOKED') {
    const isDevice = revocations?.devices.includes(claims.dev);
    if (isDevice) return { ...refused('unlicensed', deviceId, warning), reason: 'deactivated' };
    return { ...refused('revoked', deviceId, warning), license };
  }
  // A signed refusal runs out after minutes; what it says stays so until a lease says otherwise.
  switch (claims.lic.status) {
    case 'active':
      break;
    case 'revoked':
      return { ...refused('revoked', deviceId, warning), license };
    case 'deactivated':
      return { ...refused('unlicensed', deviceId, warning), reason: 'deactivated' };
    case 'not_started':
      return { ...refused('unlicensed', deviceId, warning), reason: 'not_started' };
    case 'expired':
      return expired(claims, license, now, { deviceId, warning });
    // Also what a later server may call it: not now, and perhaps again.
    default:
      return { ...refused('suspended', deviceId, warning), license };
  }
  if (clockErrors.includes(error)) {
    return { ...refused('clock_rollback', deviceId, warning), license, latestKnown: date(highWater) };
  }
  return expired(claims, license, now, { deviceId, warning });
}

function expired(
  claims: LeaseClaims,
  license: LicenseInfo,
  now: number,
  { deviceId, warning }: { deviceId: string | null; warning: LicenseWarning | null },
): LicenseState {
  const { lic, exp, pol } = claims;
  const hasEnded = lic.status === 'expired' || hasLicenseEnded(claims, now);
  const reason = !hasEnded ? 'not_refreshed' : lic.type === 'trial' ? 'trial_ended' : 'license_ended';
  const endedAt = date(hasEnded ? (lic.exp ?? exp) : exp + pol.grace);
  return { ...refused('expired', deviceId, warning), license, reason, endedAt };
}

/** Whether a refusal is about the time or the license, rather than about a lease that nobody gave this app. */
function isGenuine(error: LeaseError): boolean {
  return (
    clockErrors.includes(error) ||
    error === 'LEASE_EXPIRED' ||
    error === 'REVOKED' ||
    error === 'LICENSE_NOT_ACTIVE'
  );
}

const hasLicenseEnded = ({ lic }: LeaseClaims, now: number) => lic.exp !== null && now > lic.exp;

function licenseInfo({ display }: StoredLicense, { sub, lic, ent }: LeaseClaims): LicenseInfo {
  return {
    id: sub,
    type: lic.type,
    expiresAt: lic.exp === null ? null : date(lic.exp),
    seats: { limit: lic.limit, used: display.devices_used },
    features: ent,
    keyMasked: display.key_masked,
  };
}

const warningOf = (problem: Problem | null): LicenseWarning | null =>
  problem && { code: problem.code, since: date(problem.since) };

const refused = <Status extends string>(
  status: Status,
  deviceId: string | null,
  warning: LicenseWarning | null,
) => ({ status, isLicensed: false, deviceId, warning }) as const;

const date = (seconds: number) => new Date(seconds * 1000);
