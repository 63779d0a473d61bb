import type { Feature } from '@thrivetech/lease';
import type { ThriveErrorCode } from '../errors.ts';

/** What the license says, out of the signed lease; only `seats.used` and `keyMasked` are the server's word alone. */
export interface LicenseInfo {
  /** `lic_…` */
  readonly id: string;
  /** `perpetual`, `timed`, `subscription`, `floating`, `trial`, or a type of a later server. */
  readonly type: string;
  /** The license's own end, without its days of grace; null: none. */
  readonly expiresAt: Date | null;
  /** `used` as of the last answer; null where none told. */
  readonly seats: { readonly limit: number; readonly used: number | null };
  readonly features: Readonly<Record<string, Feature>>;
  /** `••••-9F3C`; null for a license that came as a file. */
  readonly keyMasked: string | null;
}

/** Something that does not stop the app today. */
export interface LicenseWarning {
  /**
   * Why the last refresh brought nothing: a code of ThriveError, or one with which the server said no without proof.
   * Such a no is told but not obeyed: anybody in the network could have said it.
   */
  readonly code: ThriveErrorCode | (string & Record<never, never>);
  readonly since: Date;
}

interface State<Status extends string, IsLicensed extends boolean> {
  readonly status: Status;
  /** Whether the app may do what it was sold for. */
  readonly isLicensed: IsLicensed;
  /**
   * `dev_…`: what a user reads off this machine in order to move its seat to another one (`replaceDeviceId`). Null
   * before the first activation.
   */
  readonly deviceId: string | null;
  readonly warning: LicenseWarning | null;
}

interface Licensed {
  readonly license: LicenseInfo;
  /** Until then no server is needed. */
  readonly validUntil: Date;
  /** Without a new lease the app stops then. */
  readonly graceUntil: Date;
}

interface Ended {
  readonly license: LicenseInfo;
}

export interface UnlicensedState extends State<'unlicensed', false> {
  /**
   * `not_loaded`: `load()` has not ended yet. `deactivated`: the seat was freed, here or by the vendor. `not_started`:
   * the license begins later.
   */
  readonly reason: 'not_loaded' | 'never_activated' | 'deactivated' | 'not_started';
}
export interface ActiveState extends State<'active', true>, Licensed {}
export interface TrialState extends State<'trial', true>, Licensed {
  readonly endsAt: Date;
}
export interface GraceState extends State<'grace', true>, Licensed {
  /** `license_ended`: it must be renewed. `not_refreshed`: the server was not reached for too long. */
  readonly reason: 'license_ended' | 'not_refreshed';
}
export interface ExpiredState extends State<'expired', false>, Ended {
  /** As in grace, after it; `warning` then says why no refresh came through. */
  readonly reason: 'license_ended' | 'trial_ended' | 'not_refreshed';
  readonly endedAt: Date;
}
export interface RevokedState extends State<'revoked', false>, Ended {}
export interface SuspendedState extends State<'suspended', false>, Ended {}
export interface DeviceLimitState extends State<'device_limit', false> {
  /** Null where the server did not tell. */
  readonly seats: { readonly limit: number | null; readonly used: number | null };
}
export interface ClockRollbackState extends State<'clock_rollback', false>, Ended {
  /** The latest time this installation knows of: the clock should show at least that. */
  readonly latestKnown: Date;
}
export interface TamperedState extends State<'tampered', false> {
  /**
   * `state_damaged`: what is stored is no longer what was written. `other_machine`: it was made on another machine.
   * `untrusted_lease`: no key that this app trusts vouches for it. All are healed by `activate`.
   */
  readonly reason: 'state_damaged' | 'other_machine' | 'untrusted_lease';
}

/** What an app shows and does, by `status`. */
export type LicenseState =
  | UnlicensedState
  | ActiveState
  | TrialState
  | GraceState
  | ExpiredState
  | RevokedState
  | SuspendedState
  | DeviceLimitState
  | ClockRollbackState
  | TamperedState;
