import type { payInvoice as contract } from '@thrivetech/contracts';
import { AppError, conflict, notFound } from '../../platform/app-error.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import { type Billing, onTheWay, providerFor } from './billing-context.ts';
import { collectInvoice, refuseUnpaid } from './collect-invoice.ts';
import type { InvoiceRecord } from './invoice.ts';
import { lockInvoice } from './lock-invoice.ts';
import { newPayment } from './payment.ts';
import { namedMethod } from './payment-methods.ts';
import { getInvoice, requireInvoice } from './read-invoices.ts';
import { settleWithin } from './settle-payment.ts';

export const payInvoice =
  (billing: Billing): UseCaseOf<typeof contract> =>
  async (request, { invoiceId, payment_method, mark_paid, reference }) => {
    const { account_id } = request.actor;
    const invoice = await requireInvoice(billing.uow.read, account_id, invoiceId);
    if (mark_paid) {
      if (!billing.adminMarksPaid) {
        throw new AppError('PERMISSION_DENIED', {
          message: 'Only the operator of this server notes money that came in another way.',
          details: { reason: 'operator_only' },
        });
      }
      await markPaid(billing, request, invoice, reference ?? null);
      return getInvoice(billing)(request, { invoiceId });
    }
    refuseUnpayable(invoice);
    if (invoice.status !== 'paid') {
      const method =
        payment_method === undefined
          ? undefined
          : await namedMethod(billing, request, payment_method, 'payment_method');
      const by = { is_present: true, method };
      refuseUnpaid(await collectInvoice(billing, request, invoice.id, by), invoice.id);
    }
    return getInvoice(billing)(request, { invoiceId });
  };

/** @throws {AppError} CONFLICT */
function refuseUnpayable({ status, kind }: InvoiceRecord): void {
  if (status === 'void' || kind === 'credit_note') {
    throw conflict('nothing_to_pay', 'Nothing is to be paid for this invoice.');
  }
  if (status === 'draft') {
    throw conflict(
      'change_unpaid',
      'This is a change of plan that waits for its payment; ask for the upgrade again.',
    );
  }
}

/**
 * Notes that the money for an invoice came in another way; also for a change of plan, which is then made.
 *
 * @throws {AppError} CONFLICT when nothing is to be paid, when a provider collects the account's money, or while a
 *   payment of it may still move money.
 */
export async function markPaid(
  billing: Billing,
  request: RequestContext,
  { id }: Pick<InvoiceRecord, 'id'>,
  reference: string | null,
): Promise<void> {
  const { account_id } = request.actor;
  const provider = await providerFor(billing, account_id);
  if (provider.collects) {
    throw conflict('provider_collects', `Payments of this account are collected by ${provider.name}.`);
  }
  const { now } = request;
  await billing.uow.run(onTheWay(request), async (tx) => {
    const locked = await lockInvoice(tx, account_id, id);
    if (!locked) throw notFound('invoice');
    const { invoice } = locked;
    if (invoice.status === 'paid') return;
    if (invoice.status === 'void' || invoice.amount_due === 0) {
      throw conflict('nothing_to_pay', 'Nothing is to be paid for this invoice.');
    }
    if (await tx.payments.findOpen(account_id, id)) {
      throw conflict('payment_pending', 'A payment of this invoice is under way.');
    }
    const origin = { id: billing.newId('payment', now), provider: provider.name, now };
    const payment = { ...newPayment(invoice, origin), reference };
    await tx.payments.insert(payment);
    await tx.audit.record(request, {
      action: 'invoice.marked_paid',
      target_id: id,
      after: { payment_id: payment.id, amount: payment.amount, currency: payment.currency, reference },
    });
    await settleWithin(tx, request, payment.id, { status: 'succeeded', ref: payment.id });
  });
}
