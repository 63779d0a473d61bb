import type { CryptoPort } from '@thrivetech/lease';

interface Remembered {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly held: boolean;
}

/** A keyset, a lease and a bulletin, and as many before them. */
const rememberedMax = 6;

/**
 * The same cryptography, remembering the last signatures it verified. A stored lease is checked as often as an app
 * likes, and a signature costs more than all the rest of the check together. Everything that was signed is compared,
 * so a changed token is verified anew.
 */
export function rememberingCrypto(crypto: CryptoPort): CryptoPort {
  let remembered: Remembered[] = [];
  return {
    ...crypto,
    verifySignature(publicKey, message, signature) {
      const known = remembered.find(
        (one) =>
          isSame(one.signature, signature) &&
          isSame(one.publicKey, publicKey) &&
          isSame(one.message, message),
      );
      if (known) return known.held;
      const held = crypto.verifySignature(publicKey, message, signature);
      remembered = [{ publicKey, message, signature, held }, ...remembered].slice(0, rememberedMax);
      return held;
    },
  };
}

const isSame = (left: Uint8Array, right: Uint8Array) => Buffer.compare(left, right) === 0;
