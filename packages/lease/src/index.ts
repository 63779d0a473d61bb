export { decodeBase64Url, encodeBase64Url } from './base64url.ts';
export { CROCKFORD_ALPHABET, decodeCrockford, encodeCrockford } from './crockford.ts';
export type { AsyncCryptoPort, CryptoPort, HmacSha256, Sha256, Signer, VerifySignature } from './crypto.ts';
export {
  type ComponentDigests,
  DEVICE_COMPONENTS,
  type DeviceComponent,
  type DeviceMatch,
  MATCH_THRESHOLD,
  matchDevice,
} from './device-match.ts';
export {
  type KeysetClaims,
  type KeysetKey,
  type KeysetVerdict,
  signKeyset,
  type VerifiedKeyset,
  type VerifyKeysetOptions,
  verifyKeyset,
} from './keyset.ts';
export { type Feature, type LeaseClaims, type LicenseClaim, type PolicyClaim, signLease } from './lease.ts';
export { LeaseError, type Refusal } from './lease-error.ts';
export {
  CLOCK_POLICY,
  FLOATING_LEASE,
  type LeaseTerms,
  type LeaseTimes,
  leaseTimes,
  NODE_LOCKED_LEASE,
} from './lease-policy.ts';
export {
  generateLicenseKey,
  licenseKeyLastFour,
  maskLicenseKey,
  normalizeLicenseKey,
} from './license-key.ts';
export { keyId, type PublicJwk, toPublicJwk } from './public-jwk.ts';
export {
  type RevocationClaims,
  type RevocationsVerdict,
  signRevocations,
  type VerifiedRevocations,
  type VerifyRevocationsOptions,
  verifyRevocations,
} from './revocations.ts';
export { type DeviceDigests, type FingerprintClaim, fingerprintClaim } from './sealed-device.ts';
export { verifyKeysetAsync, verifyLeaseAsync, verifyRevocationsAsync } from './verify-async.ts';
export {
  type AcceptedLease,
  type LeaseVerdict,
  type RefusedLease,
  type VerifyLeaseOptions,
  verifyLease,
} from './verify-lease.ts';
