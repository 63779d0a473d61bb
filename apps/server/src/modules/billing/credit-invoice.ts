import type { Invoice } from '@thrivetech/contracts';
import { conflict, invalid, notFound } from '../../platform/app-error.ts';
import { toTimestamp } from '../../platform/clock.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import { accountOf, type Billing } from './billing-context.ts';
import { addCredit, finalizeInvoice } from './finalize-invoice.ts';
import { draftInvoice, invoiceView } from './invoice.ts';
import { lockInvoice } from './lock-invoice.ts';

/**
 * Corrects an invoice that was paid: a credit note, whose amount is owed to the account. Only the operator does that, so
 * there is no procedure for it.
 *
 * @param amount minor units; all that is left of the invoice when left out.
 * @throws {AppError} CONFLICT when nothing was paid, or all of it is credited; VALIDATION_ERROR when it is more than that.
 */
export function creditInvoice(
  billing: Billing,
  request: RequestContext,
  { id, amount, reason }: { id: string; amount?: number | undefined; reason: string },
): Promise<Invoice> {
  const { now, actor } = request;
  const { account_id } = actor;
  return billing.uow.run(request, async (tx) => {
    const locked = await lockInvoice(tx, account_id, id);
    if (!locked) throw notFound('invoice');
    const { subscription, invoice } = locked;
    if (invoice.status !== 'paid' || invoice.kind === 'credit_note') {
      throw conflict('not_paid', 'Only an invoice that was paid can be credited.');
    }
    // No more than was paid, however often it is credited.
    const left = invoice.amount_paid + invoice.credit_applied - (await tx.invoices.credited(account_id, id));
    if (left <= 0) throw conflict('credited', 'All of this invoice is credited.');
    const credited = amount ?? left;
    if (credited < 1 || credited > left) throw invalid('amount', `must be from 1 to ${left}`);

    const { currency, period_start, period_end } = invoice;
    const draft = draftInvoice(
      {
        ...{ kind: 'credit_note', currency, period_start, period_end, credits_invoice_id: id },
        lines: [
          {
            ...{ kind: 'correction', description: `${reason} (${invoice.number})`, amount: -credited },
            ...{ plan_code: subscription.plan_code, interval: subscription.interval },
            ...{ period_start: toTimestamp(period_start), period_end: toTimestamp(period_end) },
          },
        ],
      },
      {
        ...{ id: billing.newId('invoice', now), now, subscription },
        ...{ seller: invoice.seller, buyer: invoice.buyer },
      },
    );
    const account = await accountOf(tx, account_id);
    const note = await finalizeInvoice(tx, draft, { now, account });
    await tx.invoices.insert(note);
    await addCredit(tx, note, credited);
    const view = invoiceView(note);
    await tx.audit.record(request, { action: 'invoice.credited', target_id: id, after: view });
    return view;
  });
}
