import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import { usageRouter } from '../usage/index.ts';
import { advanceTestClock, type TimedWork } from './advance-test-clock.ts';
import type { Billing } from './billing-context.ts';
import { cancelSubscription, resumeSubscription } from './cancel-subscription.ts';
import { downgrade } from './downgrade.ts';
import { payInvoice } from './pay-invoice.ts';
import { createPaymentMethod, deletePaymentMethod, listPaymentMethods } from './payment-methods.ts';
import { getInvoice, getInvoicePdf, listInvoices } from './read-invoices.ts';
import { getSubscription } from './read-subscription.ts';
import { subscribe } from './subscribe.ts';
import { upgrade } from './upgrade.ts';

interface Dependencies {
  billing: Billing;
  /** What else a test clock moves. */
  timedWork: readonly TimedWork[];
}

export const billingRouter = (
  procedure: ProcedureBuilder,
  { billing, timedWork, ...deps }: Dependencies & Parameters<typeof usageRouter>[1],
) =>
  t.router({
    subscription: t.router({ get: procedure.query(contracts.getSubscription, getSubscription(billing)) }),
    subscribe: procedure.mutation(contracts.subscribe, subscribe(billing)),
    upgrade: procedure.mutation(contracts.upgrade, upgrade(billing)),
    downgrade: procedure.mutation(contracts.downgrade, downgrade(billing)),
    cancel: procedure.mutation(contracts.cancelSubscription, cancelSubscription(billing)),
    resume: procedure.mutation(contracts.resumeSubscription, resumeSubscription(billing)),
    usage: usageRouter(procedure, deps),
    invoices: t.router({
      list: procedure.query(contracts.listInvoices, listInvoices(billing)),
      get: procedure.query(contracts.getInvoice, getInvoice(billing)),
      pdf: procedure.query(contracts.getInvoicePdf, getInvoicePdf(billing)),
      pay: procedure.mutation(contracts.payInvoice, payInvoice(billing)),
    }),
    paymentMethods: t.router({
      list: procedure.query(contracts.listPaymentMethods, listPaymentMethods(billing)),
      create: procedure.mutation(contracts.createPaymentMethod, createPaymentMethod(billing)),
      delete: procedure.mutation(contracts.deletePaymentMethod, deletePaymentMethod(billing)),
    }),
    testClock: t.router({
      advance: procedure.mutation(contracts.advanceTestClock, advanceTestClock({ ...billing, timedWork })),
    }),
  });
