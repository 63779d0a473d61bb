import type { BillingRepositories } from './billing-context.ts';

/**
 * A new payment method is tried at once on what is open (billing.md).
 *
 * @returns whether there is anything to try.
 */
export async function tryOpenInvoices(
  tx: BillingRepositories,
  account_id: string,
  now: number,
): Promise<boolean> {
  await tx.subscriptions.findCurrentForUpdate(account_id);
  const open = await tx.invoices.listByStatus(account_id, 'open');
  for (const invoice of open) await tx.invoices.replace({ ...invoice, next_attempt_at: now });
  return open.length > 0;
}
