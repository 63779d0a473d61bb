import type { Customer } from '@thrivetech/contracts';
import { toTimestamp } from '../../platform/clock.ts';
import { type Changes, given } from '../../platform/use-case.ts';

/** A customer as it is stored; times in epoch milliseconds. */
export interface CustomerRecord {
  readonly id: string;
  readonly account_id: string;
  readonly email: string;
  readonly name: string | null;
  readonly company: string | null;
  readonly phone: string | null;
  readonly metadata: Customer['metadata'];
  readonly created_at: number;
  readonly updated_at: number;
  readonly version: number;
}

/** The fields a vendor sets. */
export type CustomerChanges = Changes<
  Pick<CustomerRecord, 'email' | 'name' | 'company' | 'phone' | 'metadata'>
>;

export function newCustomer(
  fields: CustomerChanges & { readonly email: string },
  origin: { id: string; account_id: string; now: number },
): CustomerRecord {
  return {
    id: origin.id,
    account_id: origin.account_id,
    email: fields.email,
    name: fields.name ?? null,
    company: fields.company ?? null,
    phone: fields.phone ?? null,
    metadata: fields.metadata ?? {},
    created_at: origin.now,
    updated_at: origin.now,
    version: 1,
  };
}

export function changeCustomer(
  customer: CustomerRecord,
  changes: CustomerChanges,
  now: number,
): CustomerRecord {
  return { ...customer, ...given(changes), updated_at: now, version: customer.version + 1 };
}

export function customerView(customer: CustomerRecord): Customer {
  const { account_id: _account_id, ...fields } = customer;
  return {
    ...fields,
    created_at: toTimestamp(customer.created_at),
    updated_at: toTimestamp(customer.updated_at),
  };
}
