import type { Access, Use } from '../../platform/access.ts';
import type { Caches } from '../../platform/cache.ts';
import { sha256Hex } from '../../platform/crypto/digest.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { RateWindow } from '../../platform/rate-limit/rate-limiter.ts';
import { type Actor, unlimited } from '../../platform/request-context.ts';
import { type AccountRepository, accountNow, rateWindows } from '../accounts/index.ts';
import { accessOf } from '../billing/index.ts';
import type { PlanCatalogue } from '../plans/index.ts';
import type { ApiKeyRepository } from './api-key.repository.ts';
import { type ApiKeyRecord, apiKeyStatus } from './api-key.ts';
import { isApiKey } from './api-key-format.ts';

interface KnownKey {
  readonly key: ApiKeyRecord;
  readonly actor: Actor;
  readonly timeAt: (now: number) => number;
  readonly access: (use: Use, now: number) => Access;
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
  // A revoked key is refused on the next request, whichever process revoked it.
  const cache = deps.caches.create<KnownKey>(cachedKeysMax, ({ key }) => [key.id, key.account_id], true);

  const load = async (key_hash: string): Promise<KnownKey | null> => {
    const key = await deps.uow.read.apiKeys.findByHash(key_hash);
    const account = key && (await deps.uow.read.accounts.findStanding(key.account_id));
    if (!account) return null;
    const { id: key_id, account_id, type: key_type, product_ids } = key;
    // A plan that the operator took out of the file bounds nothing.
    const plan = deps.plans.find(account.plan_code);
    const { subscription_status: status, ended_at, created_at } = account;
    const subscription = status && { status, ended_at };
    return {
      key,
      timeAt: (now) => accountNow(account, now),
      access: (use, now) => accessOf(subscription, created_at, use, now),
      actor: {
        account_id,
        key_id,
        key_type,
        product_ids,
        plan: plan ?? { ...unlimited, code: account.plan_code },
      },
      windows: rateWindows(account, plan),
    };
  };

  return async (apiKey: string, now: number): Promise<Omit<KnownKey, 'key'> | null> => {
    if (!isApiKey(apiKey)) return null;
    const key_hash = sha256Hex(apiKey);
    const known = await cache.get(key_hash, () => load(key_hash));
    if (!known || apiKeyStatus(known.key, known.timeAt(now)) !== 'active') return null;
    deps.noteUsed(known.key.id, now);
    return known;
  };
}
