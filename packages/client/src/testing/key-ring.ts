import { type KeysetKey, type PublicJwk, signKeyset } from '@thrivetech/lease';
import { createKeyPair, type KeyPair, signToken } from './web-crypto.ts';

/** `iss` of everything that a server of this platform signs. */
export const issuer = 'thrivetech-platform';

const daySeconds = 86_400;
/** As of a server that has been there for a while: its leases stay good when a test sets its clock back. */
const firstKeyAgeSeconds = 365 * daySeconds;

/** The keys that vouch for leases, made when the emulator is. Times in epoch seconds. */
export interface KeyRing {
  /** Signs leases that are issued at this moment. */
  signerAt(now: number): KeyPair;
  /** A key that no keyset has: of whoever poses as the server. */
  readonly stranger: KeyPair;
  /** What apps fetch. */
  published(): { readonly keyset: string; readonly root_keys: readonly PublicJwk[] };
  /** From now on a new key signs; the older ones stay in the keyset. */
  rotate(now: number): Promise<void>;
}

interface RingKey {
  readonly pair: KeyPair;
  readonly validFrom: number;
}

export async function createKeyRing(now: number): Promise<KeyRing> {
  const [root, stranger, first] = await Promise.all([createKeyPair(), createKeyPair(), createKeyPair()]);
  const oldest = { pair: first, validFrom: now - firstKeyAgeSeconds };
  const keys: RingKey[] = [oldest];
  let sequence = oldest.validFrom;
  let keyset = await publish(oldest.validFrom);

  function publish(iat: number): Promise<string> {
    const listed = keys.map(
      ({ pair, validFrom }): KeysetKey => ({ ...pair.jwk, valid_from: validFrom, valid_until: null }),
    );
    const claims = { ver: 1, iss: issuer, iat, seq: sequence, keys: listed } as const;
    return signToken((signer) => signKeyset(claims, signer), root);
  }

  return {
    stranger,
    signerAt: (at) => (keys.findLast(({ validFrom }) => validFrom <= at) ?? oldest).pair,
    published: () => ({ keyset, root_keys: [root.jwk] }),
    async rotate(at) {
      const pair = await createKeyPair();
      keys.push({ pair, validFrom: at });
      // Rises with every change, also with two in one second: no app steps back to an older keyset.
      sequence = Math.max(sequence + 1, at);
      keyset = await publish(at);
    },
  };
}
