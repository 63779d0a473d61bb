import type { Caches } from '../../platform/cache.ts';
import { sha256Hex } from '../../platform/crypto/digest.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { RateWindow } from '../../platform/rate-limit/rate-limiter.ts';
import type { Actor } from '../../platform/request-context.ts';
import { type AccountRepository, rateWindows } from '../accounts/index.ts';
import type { PlanCatalogue } from '../plans/index.ts';
import type { ApiKeyRepository } from './api-key.repository.ts';
import { type ApiKeyRecord, apiKeyStatus } from './api-key.ts';
import { isApiKey } from './api-key-format.ts';

interface KnownKey {
  readonly key: ApiKeyRecord;
  readonly actor: Actor;
  readonly windows: RateWindow[];
}

/** API keys in use that are kept in memory; more than any vendor has. */
const cachedKeysMax = 10_000;

/** Finds who an API key belongs to; null when it is malformed, unknown, expired or revoked: the caller cannot tell which. */
export function authenticateApiKey(deps: {
  uow: UnitOfWork<{ apiKeys: ApiKeyRepository; accounts: AccountRepository }>;
  plans: PlanCatalogue;
  caches: Caches;
  noteUsed: (key_id: string, now: number) => void;
}) {
  const cache = deps.caches.create<KnownKey>(cachedKeysMax, ({ key }) => key.id);

  const load = async (key_hash: string): Promise<KnownKey | null> => {
    const key = await deps.uow.read.apiKeys.findByHash(key_hash);
    const account = key && (await deps.uow.read.accounts.find(key.account_id));
    if (!account) return null;
    const { id: key_id, account_id, type: key_type, product_ids } = key;
    return {
      key,
      actor: { account_id, key_id, key_type, product_ids },
      windows: rateWindows(account, deps.plans.find(account.plan_code)),
    };
  };

  return async (apiKey: string, now: number): Promise<Pick<KnownKey, 'actor' | 'windows'> | null> => {
    if (!isApiKey(apiKey)) return null;
    const key_hash = sha256Hex(apiKey);
    const known = await cache.get(key_hash, () => load(key_hash));
    if (!known || apiKeyStatus(known.key, now) !== 'active') return null;
    deps.noteUsed(known.key.id, now);
    return known;
  };
}
