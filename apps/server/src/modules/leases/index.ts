export { openKeyRing } from './key-ring.ts';
export { createLeaseIssuer, type LeaseIssuer } from './lease-issuer.ts';
export { rotateSigningKey } from './rotate-signing-key.ts';
export { createSigningKeyRepository } from './signing-key.repository.ts';
