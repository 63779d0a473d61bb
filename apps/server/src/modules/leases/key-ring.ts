import { type PublicJwk, type Signer, signKeyset, toPublicJwk } from '@thrivetech/lease';
import { createEd25519KeyPair, importPrivateKey, type SigningKey, sha256 } from '@thrivetech/lease/node';
import { type Clock, secondMs } from '../../platform/clock.ts';
import { readOrCreateSecretFile } from '../../platform/crypto/master-key.ts';
import type { Seal } from '../../platform/crypto/seal.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { SigningKeyRecord, SigningKeyRepository } from './signing-key.repository.ts';

/** `iss` of everything that this platform signs. */
export const issuer = 'thrivetech-platform';

/** The keys that vouch for leases: signing keys, and a root key that vouches for them. */
export interface KeyRing {
  /** Signs leases that are issued at this moment. */
  signerAt(now: number): Signer;
  /** What apps fetch: the keyset, signed by the root key, and the root's public half to embed. */
  readonly published: { readonly keyset: string; readonly root_keys: readonly PublicJwk[] };
  /** Takes over keys that were rotated by another process. */
  reload(): Promise<void>;
}

/** A keyset must stay a small token; more rotations than this outlive no lease. */
const publishedKeysMax = 32;

type Ring = Omit<KeyRing, 'reload'>;

const toBase64Url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const fromBase64Url = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64url'));

/**
 * Opens the key ring; makes the keys on first use. The root key lies in a file of its own: whoever takes the database
 * cannot sign with it, and it can be carried to another machine when it is not needed.
 */
export async function openKeyRing(options: {
  uow: UnitOfWork<{ signingKeys: SigningKeyRepository }>;
  seal: Seal;
  rootKeyFile: string;
  clock: Clock;
}): Promise<KeyRing> {
  const { uow, seal, rootKeyFile, clock } = options;
  const rootSeed = readOrCreateSecretFile(
    rootKeyFile,
    () => `${toBase64Url(createEd25519KeyPair().privateKey)}\n`,
  );
  const root = importPrivateKey(fromBase64Url(rootSeed.trim()));

  let keys = await uow.runInternal((tx) => ensureSigningKey(tx.signingKeys, seal, clock.now()));
  if (!keys.some((key) => isValidAt(key, clock.now())))
    throw new Error('No signing key is valid at this time; check the clock of this machine.');
  let ring = ringOf(keys, { seal, root, now: clock.now() });

  return {
    signerAt: (now) => ring.signerAt(now),
    get published() {
      return ring.published;
    },
    async reload() {
      const stored = await uow.read.signingKeys.list();
      if (JSON.stringify(stored) === JSON.stringify(keys)) return;
      ring = ringOf(stored, { seal, root, now: clock.now() });
      keys = stored;
    },
  };
}

const isValidAt = (key: SigningKeyRecord, now: number): boolean =>
  key.valid_from <= now && (key.valid_until === null || now < key.valid_until);

function ringOf(
  keys: readonly SigningKeyRecord[],
  { seal, root, now }: { seal: Seal; root: SigningKey; now: number },
): Ring {
  const usable = keys
    .filter((key) => key.valid_until === null || now < key.valid_until)
    .map((key) => ({
      key,
      signer: importPrivateKey(fromBase64Url(seal.open(key.private_key_sealed, key.kid))),
    }));
  const [oldest] = usable;
  const newest = keys.at(-1);
  if (!oldest || !newest) throw new Error('There is no signing key.');
  return {
    signerAt: (at) => (usable.findLast(({ key }) => isValidAt(key, at)) ?? oldest).signer,
    published: {
      keyset: signKeyset(
        {
          ver: 1,
          iss: issuer,
          iat: seconds(Math.max(now, newest.valid_from)),
          // Keys change only by a newer one, so this rises with every change: no app steps back to an older keyset.
          seq: seconds(newest.valid_from),
          keys: keys.slice(-publishedKeysMax).map((key) => ({
            ...toPublicJwk(fromBase64Url(key.public_key), sha256),
            valid_from: seconds(key.valid_from),
            valid_until: key.valid_until === null ? null : seconds(key.valid_until),
          })),
        },
        root,
      ),
      root_keys: [toPublicJwk(root.publicKey, sha256)],
    },
  };
}

const seconds = (epochMs: number): number => Math.floor(epochMs / secondMs);

/** The stored keys; on a new database a first one. */
export async function ensureSigningKey(
  signingKeys: SigningKeyRepository,
  seal: Seal,
  now: number,
): Promise<SigningKeyRecord[]> {
  const stored = await signingKeys.list();
  if (stored.length > 0) return stored;
  const first = newSigningKey(seal, now);
  await signingKeys.insert(first);
  return [first];
}

export function newSigningKey(seal: Seal, now: number): SigningKeyRecord {
  const { privateKey } = createEd25519KeyPair();
  const { kid, publicKey } = importPrivateKey(privateKey);
  return {
    kid,
    public_key: toBase64Url(publicKey),
    private_key_sealed: seal.seal(toBase64Url(privateKey), kid),
    valid_from: now,
    valid_until: null,
  };
}
