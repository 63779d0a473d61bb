import { simulatedProvider } from '../../src/modules/billing/index.ts';
import type { PaymentProvider } from '../../src/modules/billing/providers/provider.ts';

/** Pays everything, a little later, and counts what moved: once for each payment, however often it is asked for. */
export function countingProvider(): PaymentProvider & { readonly taken: Map<string, number> } {
  const taken = new Map<string, number>();
  return {
    ...simulatedProvider,
    taken,
    async charge(payment) {
      // Others get their turn between the question and the answer.
      await new Promise((resolve) => setImmediate(resolve));
      taken.set(payment.id, payment.amount);
      return { status: 'succeeded', ref: payment.id };
    },
    getPayment: async ({ id }) => (taken.has(id) ? { status: 'succeeded', ref: id } : null),
  };
}
