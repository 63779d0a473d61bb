import { conflict } from '../../../platform/app-error.ts';
import type { PaymentProvider } from './provider.ts';

const never = (): never => {
  throw new Error('Where an operator notes payments, no provider is asked.');
};

/** Money comes in some other way, by bank transfer for one, and an operator marks invoices paid. */
export const manualProvider: PaymentProvider = {
  name: 'manual',
  collects: false,
  createCustomer: never,
  attachMethod: never,
  detachMethod: never,
  setUpPage: never,
  charge: never,
  getPayment: never,
  cancelPayment: never,
  refund: never,
  parseWebhook: () => {
    throw conflict('no_provider', 'This server has no payment provider that would send this.');
  },
};
