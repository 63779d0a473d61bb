import { systemRequest } from '../../platform/request-context.ts';
import { accountNow } from '../accounts/index.ts';
import { accountOf, type Billing } from './billing-context.ts';
import { resolvePayment } from './collect-invoice.ts';
import { keepMethod } from './payment-methods.ts';
import type { PaymentProvider } from './providers/provider.ts';

/**
 * Hears what the payment provider tells by itself. What it says is only taken as a reason to ask: notices come twice, late
 * and in any order, and the present state is the same in all of them.
 *
 * @param now real time.
 * @throws {AppError} VALIDATION_ERROR when the provider has not signed it.
 */
export const hearProvider =
  (billing: Billing, provider: PaymentProvider) =>
  async (raw: string, headers: Readonly<Record<string, string | undefined>>, now: number): Promise<void> => {
    const notice = provider.parseWebhook(raw, headers);
    const { read } = billing.uow;
    const requestOf = async (account_id: string) => {
      const account = await accountOf(read, account_id);
      const at = accountNow(account, now);
      return systemRequest(account_id, { id: billing.newId('request', at), now: at });
    };
    if (notice.kind === 'payment') {
      const account_id = await read.payments.accountOf(notice.payment_id);
      const payment = account_id && (await read.payments.find(account_id, notice.payment_id));
      if (!payment || payment.provider !== provider.name) return;
      await resolvePayment(billing, await requestOf(payment.account_id), payment, false);
    } else if (notice.kind === 'method') {
      const account_id = await read.billingProfiles.accountOfCustomer(provider.name, notice.customer_ref);
      if (!account_id) return;
      const attached = await provider.attachMethod(notice.customer_ref, notice.method_ref);
      if (attached.status === 'attached') {
        await keepMethod(billing, await requestOf(account_id), provider, attached.method);
      }
    }
  };
