import { type LicenseDefaults, latestTime } from '@thrivetech/contracts';
import { invalid } from '../../platform/app-error.ts';
import { dayMs, fromTimestamp } from '../../platform/clock.ts';
import type { Changes } from '../../platform/use-case.ts';
import { endOfLicense, type LicenseRecord } from './license.ts';

/** What a creator may say about kind and time of a license. */
export type TermsRequest = Changes<{
  type: LicenseRecord['type'];
  starts_at: string;
  expires_at: string | null;
  duration_days: number;
  grace_days: number;
}>;

export type LicenseTerms = Pick<
  LicenseRecord,
  'type' | 'starts_at' | 'expires_at' | 'duration_days' | 'expiry_basis' | 'grace_days'
>;

/** Types that make no sense without an end. A subscription may run until it is told to end. */
export const endingTypes: readonly string[] = ['timed', 'trial'];

/**
 * Kind and time of a new license: what its creator says, else what the product says.
 *
 * @throws {AppError} VALIDATION_ERROR where the two do not make one consistent license.
 */
export function licenseTerms(request: TermsRequest, defaults: LicenseDefaults, now: number): LicenseTerms {
  const type = request.type ?? impliedType(request, defaults);
  if (request.expires_at && request.duration_days !== undefined) {
    throw invalid('duration_days', 'give either `expires_at` or `duration_days`');
  }
  const starts_at = request.starts_at === undefined ? now : fromTimestamp(request.starts_at);
  const duration_days = durationOf(type, request, defaults);
  const expires_at = endOf({ type, starts_at, duration_days }, request, defaults);
  // A trial that ends, ends: grace would only be a longer trial.
  const grace_days = request.grace_days ?? (type === 'trial' ? 0 : defaults.grace_days);
  const terms = {
    type,
    starts_at,
    expires_at,
    duration_days,
    expiry_basis: defaults.expiry_basis,
    grace_days,
  };
  refuseInconsistentTerms(terms);
  return terms;
}

/** @throws {AppError} VALIDATION_ERROR when kind and times contradict each other. */
export function refuseInconsistentTerms(
  terms: Pick<LicenseRecord, 'type' | 'starts_at' | 'expires_at' | 'duration_days' | 'grace_days'>,
): void {
  const { type, starts_at, expires_at, duration_days } = terms;
  if (type === 'perpetual' && duration_days !== null) {
    throw invalid('duration_days', 'a perpetual license does not end; use the type "timed"');
  }
  if (type === 'perpetual' && expires_at !== null) {
    throw invalid('expires_at', 'a perpetual license does not end; use the type "timed"');
  }
  if ((endOfLicense(terms) ?? 0) > latestTime) {
    throw invalid(
      duration_days === null ? 'expires_at' : 'duration_days',
      'must end, with its grace, before the year 10000',
    );
  }
  if (expires_at !== null && expires_at <= starts_at)
    throw invalid('expires_at', 'must be later than `starts_at`');
  if (endingTypes.includes(type) && expires_at === null && duration_days === null) {
    throw invalid('duration_days', `a license of type "${type}" needs \`expires_at\` or \`duration_days\``);
  }
}

// Who names an end for a license of a perpetual product means a timed one.
function impliedType(request: TermsRequest, defaults: LicenseDefaults): LicenseRecord['type'] {
  const hasEnd = Boolean(request.expires_at) || request.duration_days !== undefined;
  return defaults.type === 'perpetual' && hasEnd ? 'timed' : defaults.type;
}

function durationOf(type: string, request: TermsRequest, defaults: LicenseDefaults): number | null {
  if (request.duration_days !== undefined) return request.duration_days;
  if (type === 'perpetual' || request.expires_at !== undefined) return null;
  return type === 'trial' ? (defaults.trial_days ?? defaults.duration_days) : defaults.duration_days;
}

function endOf(
  terms: { type: string; starts_at: number; duration_days: number | null },
  request: TermsRequest,
  defaults: LicenseDefaults,
): number | null {
  if (request.expires_at) return fromTimestamp(request.expires_at);
  if (terms.duration_days === null || defaults.expiry_basis === 'first_activation') return null;
  return terms.starts_at + terms.duration_days * dayMs;
}
