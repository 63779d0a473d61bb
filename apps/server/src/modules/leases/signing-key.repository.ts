import type { RepositoryTools } from '../../platform/db/repository-tools.ts';

/** A key that signs leases. Times in epoch milliseconds. */
export interface SigningKeyRecord {
  readonly kid: string;
  /** Raw public key, base64url. */
  readonly public_key: string;
  readonly private_key_sealed: string;
  readonly valid_from: number;
  readonly valid_until: number | null;
}

export type SigningKeyRepository = ReturnType<typeof createSigningKeyRepository>;

export function createSigningKeyRepository({ db }: RepositoryTools) {
  return {
    /** Every key a lease in the field may have been signed with, oldest first. */
    list: (): Promise<SigningKeyRecord[]> => db('signing_keys').orderBy(['valid_from', 'kid']),

    async insert(key: SigningKeyRecord): Promise<void> {
      await db('signing_keys').insert(key);
    },

    /** Ends a key; never later than it would have ended anyway. */
    async end(kid: string, valid_until: number): Promise<void> {
      await db('signing_keys')
        .where({ kid })
        .where((open) => open.whereNull('valid_until').orWhere('valid_until', '>', valid_until))
        .update({ valid_until });
    },
  };
}
