import type { ProvenLease } from './prove-lease.ts';
import type { ValidationResult } from './results.ts';

/** How `validate` names what a signed refusal says. */
const codeByStatus: Readonly<Record<string, ValidationResult['code']>> = {
  revoked: 'LICENSE_REVOKED',
  suspended: 'LICENSE_SUSPENDED',
  not_started: 'LICENSE_NOT_STARTED',
  expired: 'LICENSE_EXPIRED',
  deactivated: 'DEVICE_NOT_ACTIVATED',
};

/** What was proven, whatever the answer around the lease says. */
export function codeOfProof({ isRefusal, claims }: ProvenLease): ValidationResult['code'] {
  return isRefusal ? (codeByStatus[claims.lic.status] ?? 'LICENSE_SUSPENDED') : 'VALID';
}
