import type { LicenseState } from './license-state.ts';

/** How a seat was had; the text is open, because a later server may know more ways. */
export interface ActivationResult {
  /** `already_active`, `recovered`: this machine had the seat already, and takes no second one. */
  readonly result:
    | 'activated'
    | 'already_active'
    | 'recovered'
    | 'replaced'
    | (string & Record<never, never>);
  readonly state: LicenseState;
}

export interface TrialResult {
  /** `existing`: the running trial of this machine, with the same end as before. */
  readonly result: 'started' | 'existing' | (string & Record<never, never>);
  readonly state: LicenseState;
}

export interface ValidationResult {
  /** What the server said; see the guide "Activation" for each. */
  readonly code:
    | 'VALID'
    | 'RESOURCE_NOT_FOUND'
    | 'LICENSE_EXPIRED'
    | 'LICENSE_REVOKED'
    | 'LICENSE_SUSPENDED'
    | 'LICENSE_NOT_STARTED'
    | 'DEVICE_NOT_ACTIVATED'
    | (string & Record<never, never>);
  /** Whether it was signed for this very request. A no without proof is told in `state.warning` and not obeyed. */
  readonly isProven: boolean;
  readonly state: LicenseState;
}

export interface DeactivationResult {
  readonly result: 'deactivated' | 'already_deactivated' | (string & Record<never, never>);
  readonly state: LicenseState;
}

export interface ImportResult {
  readonly state: LicenseState;
}
