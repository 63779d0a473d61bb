import { z } from 'zod';
import { currency, invoiceLine, minorUnits } from './billing.ts';
import { defineProcedure } from './define-procedure.ts';
import { pageInput, pageOf, sortInput, timeRange } from './pagination.ts';
import { id, text, timestamp } from './primitives.ts';

export const invoiceStatuses = ['draft', 'open', 'paid', 'void', 'uncollectible'] as const;
export const invoiceKinds = [
  'subscription_create',
  'subscription_cycle',
  'subscription_update',
  'credit_note',
] as const;
export const paymentStatuses = ['pending', 'unknown', 'requires_action', 'succeeded', 'failed'] as const;

const party = z
  .object({ name: z.string(), lines: z.array(z.string()).meta({ description: 'Address, tax number.' }) })
  .meta({ id: 'InvoiceParty' });

const payment = z
  .object({
    id: id('payment'),
    status: z.enum(paymentStatuses).meta({
      description:
        '`unknown`: the provider has not answered; it is asked again before anything else happens.',
    }),
    amount: minorUnits,
    currency,
    provider: z.string(),
    failure_code: z.string().nullable(),
    action_url: z.string().nullable().meta({ description: 'Where the payer confirms it.' }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Payment' });

const invoiceFields = {
  id: id('invoice'),
  number: z
    .string()
    .nullable()
    .meta({
      description: 'Without gaps, taken when the invoice is finalized; null: a draft.',
      examples: ['INV-2026-000042'],
    }),
  kind: z.enum(invoiceKinds),
  status: z.enum(invoiceStatuses),
  subscription_id: id('subscription'),
  credits_invoice_id: id('invoice').nullable().meta({ description: 'What a credit note corrects.' }),
  currency,
  lines: z.array(invoiceLine),
  total: minorUnits.meta({ description: 'Sum of the lines; below zero on a credit note.' }),
  credit_applied: minorUnits.meta({ description: 'Paid out of the credit balance.' }),
  amount_due: minorUnits,
  amount_paid: minorUnits,
  seller: party,
  buyer: party,
  period_start: timestamp,
  period_end: timestamp,
  payment_attempts: z.int(),
  next_payment_attempt_at: timestamp.nullable(),
  created_at: timestamp,
  finalized_at: timestamp.nullable(),
  paid_at: timestamp.nullable(),
};
export const invoice = z.object(invoiceFields).meta({ id: 'Invoice' });
export type Invoice = z.infer<typeof invoice>;

export const invoiceWithPayments = z
  .object({ ...invoiceFields, payments: z.array(payment).meta({ description: 'The newest first.' }) })
  .meta({ id: 'InvoiceWithPayments' });

const tag = 'Billing';
const reads = ['admin', 'read_only'] as const;
const invoiceId = id('invoice');

export const listInvoices = defineProcedure({
  name: 'billing.invoices.list',
  method: 'GET',
  path: '/billing/invoices',
  tag,
  summary: 'List invoices',
  keys: reads,
  input: z.strictObject({
    ...pageInput,
    ...sortInput(['created_at']),
    ...timeRange('created'),
    status: z.enum(invoiceStatuses).optional(),
  }),
  output: pageOf(invoice),
});

export const getInvoice = defineProcedure({
  name: 'billing.invoices.get',
  method: 'GET',
  path: '/billing/invoices/:invoiceId',
  tag,
  summary: 'Get an invoice and its payments',
  keys: reads,
  input: z.strictObject({ invoiceId }),
  output: invoiceWithPayments,
  errors: ['RESOURCE_NOT_FOUND'],
});

export const getInvoicePdf = defineProcedure({
  name: 'billing.invoices.pdf',
  method: 'GET',
  path: '/billing/invoices/:invoiceId/pdf',
  tag,
  summary: 'Get an invoice as a PDF file',
  description: 'Made from the finalized invoice alone; a draft has none.',
  keys: reads,
  input: z.strictObject({ invoiceId }),
  output: z
    .object({
      filename: z.string(),
      content: z.base64().meta({ description: 'Over REST the answer is the file itself.' }),
    })
    .meta({ id: 'InvoiceFile' }),
  file: 'application/pdf',
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
});

export const payInvoice = defineProcedure({
  name: 'billing.invoices.pay',
  method: 'POST',
  path: '/billing/invoices/:invoiceId/pay',
  tag,
  summary: 'Pay an invoice',
  description:
    'Charges the payment method now. Where the provider is `manual`, an operator says with `mark_paid` that the money has come.',
  keys: ['admin'],
  access: 'open',
  input: z.strictObject({
    invoiceId,
    payment_method: id('payment_method').optional().meta({ description: 'The default when left out.' }),
    mark_paid: z.boolean().optional().meta({ description: 'The money came in another way.' }),
    reference: text(200)
      .optional()
      .meta({ description: 'Of the money that came, such as a bank reference.' }),
  }),
  output: invoiceWithPayments,
  errors: ['PAYMENT_REQUIRED', 'RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { mark_paid: true, reference: 'Bank transfer of 26 January' },
});
