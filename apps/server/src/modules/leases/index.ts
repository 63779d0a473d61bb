export { type KeyRing, openKeyRing } from './key-ring.ts';
export {
  createLeaseIssuer,
  type GivenLease,
  type LeaseIssuer,
  type LeaseRequest,
  type RefusedStatus,
} from './lease-issuer.ts';
export { makeLicenseFile } from './license-file.ts';
export { rotateSigningKey } from './rotate-signing-key.ts';
export { createSigningKeyRepository } from './signing-key.repository.ts';
