import {
  type getInvoice as getContract,
  type listInvoices as listContract,
  mapPage,
  type getInvoicePdf as pdfContract,
} from '@thrivetech/contracts';
import { conflict, notFound } from '../../platform/app-error.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { Billing, BillingRepositories } from './billing-context.ts';
import { type InvoiceRecord, invoiceView } from './invoice.ts';
import { paymentView } from './payment.ts';

type Dependencies = Pick<Billing, 'uow'>;

/** @throws {AppError} RESOURCE_NOT_FOUND */
export async function requireInvoice(
  { invoices }: Pick<BillingRepositories, 'invoices'>,
  account_id: string,
  id: string,
): Promise<InvoiceRecord> {
  const invoice = await invoices.find(account_id, id);
  if (!invoice) throw notFound('invoice');
  return invoice;
}

export const listInvoices =
  ({ uow }: Dependencies): UseCaseOf<typeof listContract> =>
  async (request, filter) =>
    mapPage(await uow.lagging.invoices.page(request.actor.account_id, filter), invoiceView);

export const getInvoice =
  ({ uow }: Dependencies): UseCaseOf<typeof getContract> =>
  async ({ actor }, { invoiceId }) => {
    const invoice = await requireInvoice(uow.read, actor.account_id, invoiceId);
    const payments = await uow.read.payments.listOf(actor.account_id, invoice.id);
    return { ...invoiceView(invoice), payments: payments.map(paymentView) };
  };

export const getInvoicePdf =
  ({ uow }: Dependencies): UseCaseOf<typeof pdfContract> =>
  async ({ actor }, { invoiceId }) => {
    const invoice = await requireInvoice(uow.read, actor.account_id, invoiceId);
    if (invoice.number === null)
      throw conflict('not_finalized', 'A draft has no number, and is not shown as a file.');
    // Loaded when somebody asks for it: most servers never do.
    const { renderInvoicePdf } = await import('./invoice-pdf.ts');
    const file = await renderInvoicePdf(invoiceView(invoice));
    return { filename: `${invoice.number}.pdf`, content: Buffer.from(file).toString('base64') };
  };
