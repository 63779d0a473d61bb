import type { ApiKey, KeyType } from '@thrivetech/contracts';
import { toTimestamp, toTimestampOrNull } from '../../platform/clock.ts';

/** An API key as it is stored: never the key itself. */
export interface ApiKeyRecord {
  readonly id: string;
  readonly account_id: string;
  readonly name: string;
  readonly type: KeyType;
  readonly key_hash: string;
  readonly last_four: string;
  /** Products a channel key is bound to; null: all. */
  readonly product_ids: string[] | null;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  /** When another took its place: it goes on for its overlap. */
  readonly replaced_at: number | null;
  readonly last_used_at: number | null;
  readonly created_at: number;
}

export function apiKeyStatus(key: ApiKeyRecord, now: number): ApiKey['status'] {
  if (key.revoked_at !== null) return 'revoked';
  if (key.expires_at !== null && key.expires_at <= now) return 'expired';
  return 'active';
}

export function apiKeyView(key: ApiKeyRecord, now: number): ApiKey {
  return {
    id: key.id,
    name: key.name,
    type: key.type,
    last_four: key.last_four,
    product_ids: key.product_ids,
    status: apiKeyStatus(key, now),
    expires_at: toTimestampOrNull(key.expires_at),
    revoked_at: toTimestampOrNull(key.revoked_at),
    last_used_at: toTimestampOrNull(key.last_used_at),
    created_at: toTimestamp(key.created_at),
  };
}
