import type { AccountRecord } from '../accounts/index.ts';
import type { BillingRepositories } from './billing-context.ts';
import { creditFor, withCredit } from './billing-profile.ts';
import type { InvoiceRecord } from './invoice.ts';

/** Test accounts have numbers of their own: theirs may lie in any year, and no invoice of theirs is one. */
function seriesOf({ kind, account_id }: InvoiceRecord, year: number, isTest: boolean) {
  const prefix = `${isTest ? 'TEST-' : ''}${kind === 'credit_note' ? 'CN' : 'INV'}-${year}`;
  return { prefix, series: isTest ? `${account_id}/${prefix}` : prefix };
}

/** What the credit balance pays of an invoice, before anybody is charged. */
export async function applyCredit(tx: BillingRepositories, invoice: InvoiceRecord): Promise<InvoiceRecord> {
  const profile = await tx.billingProfiles.findForUpdate(invoice.account_id);
  const { currency, total } = invoice;
  const credit_applied = creditFor(profile, currency, Math.max(0, total));
  if (credit_applied > 0) await tx.billingProfiles.replace(withCredit(profile, currency, -credit_applied));
  return { ...invoice, credit_applied, amount_due: Math.max(0, total) - credit_applied };
}

/** An invoice is not to be paid after all: what {@link applyCredit} took is given back. */
export async function voidInvoice(tx: BillingRepositories, invoice: InvoiceRecord): Promise<void> {
  await tx.invoices.replace({ ...invoice, status: 'void', next_attempt_at: null });
  await addCredit(tx, invoice, invoice.credit_applied);
}

/** Owes the account an amount more: its next invoices are paid out of it. */
export async function addCredit(
  tx: BillingRepositories,
  { account_id, currency }: Pick<InvoiceRecord, 'account_id' | 'currency'>,
  amount: number,
): Promise<void> {
  if (amount === 0) return;
  const profile = await tx.billingProfiles.findForUpdate(account_id);
  await tx.billingProfiles.replace(withCredit(profile, currency, amount));
}

/**
 * Gives the invoice its number, in the transaction that writes it: from here on the database refuses to change it. One
 * that asks for nothing is paid.
 */
export async function finalizeInvoice(
  tx: BillingRepositories,
  draft: InvoiceRecord,
  { now, account }: { now: number; account: Pick<AccountRecord, 'test_now'> },
): Promise<InvoiceRecord> {
  const { prefix, series } = seriesOf(draft, new Date(now).getUTCFullYear(), account.test_now !== null);
  const sequence = await tx.invoices.nextInSeries(series);
  const isPaid = draft.amount_due === 0;
  return {
    ...draft,
    ...{ number: `${prefix}-${String(sequence).padStart(6, '0')}`, series, sequence },
    ...{ status: isPaid ? 'paid' : 'open', paid_at: isPaid ? now : null, finalized_at: now },
  };
}
