import type { BillingRepositories } from './billing-context.ts';
import type { InvoiceRecord } from './invoice.ts';
import type { SubscriptionRecord } from './subscription.ts';

/**
 * An invoice and its subscription, whose lock keeps others from changing either, and their payments, until this
 * transaction ends.
 *
 * @returns null: there is no such invoice.
 */
export async function lockInvoice(
  { invoices, subscriptions }: Pick<BillingRepositories, 'invoices' | 'subscriptions'>,
  account_id: string,
  id: string,
): Promise<{ subscription: SubscriptionRecord; invoice: InvoiceRecord } | null> {
  const found = await invoices.find(account_id, id);
  const subscription = found && (await subscriptions.findForUpdate(account_id, found.subscription_id));
  // Read again: until the lock was ours, another may have changed it.
  const invoice = subscription && (await invoices.find(account_id, id));
  return invoice && { subscription, invoice };
}
