import type { KeyType, Plan } from '@thrivetech/contracts';

/** Who is asking: an API key of an account. */
export interface Actor {
  readonly account_id: string;
  readonly key_id: string;
  readonly key_type: KeyType;
  /** Products a channel key is bound to; null: all of the account's. */
  readonly product_ids: readonly string[] | null;
  /** The plan that bounds what the account may have. */
  readonly plan: ActivePlan;
}

/** A plan as far as it limits. */
export type ActivePlan = Pick<Plan, 'code' | 'limits'>;

/** For who acts beside any plan: the operator, and the server itself. */
export const unlimited: ActivePlan = {
  code: 'unlimited',
  limits: {
    ...{ products: null, licenses: null, customers: null },
    ...{ activations: null, api_keys: null, webhook_endpoints: null },
  },
};

/** What one request carries through a use case. */
export interface RequestContext {
  readonly request_id: string;
  /** The time of this request, read once: every rule of the request sees the same moment. */
  readonly now: number;
  /** Network address of the caller. */
  readonly address: string;
  readonly actor: Actor;
  /** Set when the caller sent an `Idempotency-Key`: the unit of work stores the answer under it. */
  readonly idempotency?: IdempotencyClaim;
}

/** A first request under an idempotency key, waiting for its answer to be stored. */
export interface IdempotencyClaim {
  readonly key: string;
  readonly procedure: string;
  readonly request_hash: string;
  /** True once the answer lies in the transaction of the change. */
  stored: boolean;
}

const systemId = 'system';
/** Is it the server itself, and no key? */
export const isSystem = ({ key_id }: Actor): boolean => key_id === systemId;

/** What the server does by itself, in nobody's name: `system` in the audit log. */
export const systemRequest = (
  account_id: string,
  { id, now }: { id: string; now: number },
): RequestContext => ({
  request_id: id,
  now,
  address: 'local',
  actor: { account_id, key_id: systemId, key_type: 'admin', product_ids: null, plan: unlimited },
});
