import type { Seal } from '../../platform/crypto/seal.ts';
import type { EndpointRecord } from './endpoint.ts';

/** A secret as it lies in the database: bound to its endpoint, so that it cannot be moved to another. */
export const sealSecret = (seal: Seal, endpoint_id: string, secret: string): string =>
  seal.seal(secret, endpoint_id);

/** What signs now: the present secret, and during a rotation the one before. */
export function signingSecrets(seal: Seal, endpoint: EndpointRecord, now: number): string[] {
  const { id, secret_sealed, previous_secret_sealed, previous_secret_until } = endpoint;
  const isRotating = previous_secret_sealed !== null && (previous_secret_until ?? 0) > now;
  return [secret_sealed, ...(isRotating ? [previous_secret_sealed] : [])].map((sealed) =>
    seal.open(sealed, id),
  );
}
