import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { minuteMs, secondMs } from '../../../platform/clock.ts';
import { FakeStripe, type Mishap } from './fake-stripe.fixtures.ts';
import type { PaymentProvider, PaymentRequest } from './provider.ts';
import { createStripeProvider } from './stripe.ts';
import { stripeAmount } from './stripe-amount.ts';

const stripe = new FakeStripe();
const now = Date.now();
let provider: PaymentProvider;
let customer = '';
let serial = 0;

beforeAll(async () => {
  await stripe.start();
  provider = createStripeProvider({
    ...{ secretKey: stripe.secretKey, webhookSecret: stripe.webhookSecret, apiBase: stripe.baseUrl },
    ...{ clock: { now: () => now }, timeoutMs: 150, returnUrl: 'https://vendor.example.com/paid' },
  });
});
afterAll(() => stripe.stop());
beforeEach(async () => {
  customer = (await provider.createCustomer({ id: `acc_${++serial}`, name: 'Vendor' })).ref;
});

/** A payment with a method that lies at Stripe. */
async function payment(method = 'pm_ok', changes: Partial<PaymentRequest> = {}): Promise<PaymentRequest> {
  const token = `${method}_${++serial}`;
  await provider.attachMethod(customer, token);
  return {
    ...{ id: `pay_${++serial}`, account_id: 'acc_1', invoice_id: 'inv_1', amount: 2900, currency: 'USD' },
    ...{ customer_ref: customer, method_ref: token, is_present: true, ref: null, created_at: now },
    ...changes,
  };
}
const takenFor = ({ id }: PaymentRequest) => stripe.moneyTaken().get(id) ?? { amount: 0, times: 0 };
const charges = 'POST /v1/payment_intents';
const once = { amount: 2900, times: 1 };
const nothing = { amount: 0, times: 0 };

describe('a charge', () => {
  it('moves the money once, however often it is asked for', async () => {
    const asked = await payment();
    const outcomes = await Promise.all([1, 2, 3].map(() => provider.charge(asked)));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['succeeded']));
    expect(takenFor(asked)).toEqual(once);
  });

  it.each<[Mishap, typeof once]>([
    ['silence_after', once],
    ['silence_before', nothing],
    ['error_500', nothing],
    ['rate_limited', nothing],
  ])(
    'that meets with %s is unknown, and asked for again under its key moves the money once',
    async (mishap, taken) => {
      const asked = await payment();
      stripe.next(charges, mishap);
      expect(await provider.charge(asked)).toEqual({ status: 'unknown' });
      expect(takenFor(asked)).toEqual(taken);
      const found = await provider.getPayment(asked);
      expect(found?.status ?? null).toBe(taken === once ? 'succeeded' : null);
      expect((await provider.charge(asked)).status).toBe('succeeded');
      expect(takenFor(asked)).toEqual(once);
    },
  );

  it('whose connection breaks moves the money once: the package asks again under the same key', async () => {
    const asked = await payment();
    stripe.next(charges, 'reset_after');
    expect((await provider.charge(asked)).status).toBe('succeeded');
    expect(takenFor(asked)).toEqual(once);
  });

  it('is sent once and never repeated by the package itself', async () => {
    const asked = await payment();
    stripe.next(charges, 'error_500');
    const before = stripe.requests.length;
    await provider.charge(asked);
    expect(stripe.requests.slice(before)).toEqual([`${charges} ${asked.id}`]);
  });

  it.each([
    ['pm_declined', 'generic_decline', false],
    ['pm_insufficient', 'insufficient_funds', false],
    ['pm_stolen', 'stolen_card', true],
  ])('of %s is declined with the reason of the bank', async (method, code, hard) => {
    const asked = await payment(method);
    expect(await provider.charge(asked)).toMatchObject({ status: 'declined', code, hard });
    expect(await provider.getPayment(asked)).toMatchObject({ status: 'declined', code, hard });
    expect(takenFor(asked)).toEqual(nothing);
  });

  it('that a bank wants confirmed says where, and counts when it is', async () => {
    const asked = await payment('pm_authenticate');
    const outcome = await provider.charge(asked);
    expect(outcome).toMatchObject({
      status: 'requires_action',
      url: expect.stringContaining('bank.example.com'),
    });
    expect((await provider.getPayment(asked))?.status).toBe('requires_action');
    const intent = stripe.intents.at(-1);
    if (intent) stripe.complete(intent);
    expect((await provider.getPayment(asked))?.status).toBe('succeeded');
  });

  it('that nobody is there to confirm is declined for now', async () => {
    const asked = await payment('pm_authenticate', { is_present: false });
    expect(await provider.charge(asked)).toMatchObject({
      ...{ status: 'declined', code: 'authentication_required', hard: false },
    });
  });

  it('that the bank works on is pending', async () => {
    expect((await provider.charge(await payment('pm_processing'))).status).toBe('pending');
  });

  it('with a method that is another customer’s is refused', async () => {
    const asked = await payment();
    const other = await provider.createCustomer({ id: `acc_${++serial}`, name: 'Other' });
    expect(await provider.charge({ ...asked, customer_ref: other.ref })).toMatchObject({
      status: 'declined',
    });
  });

  it('over an amount that Stripe cannot say exactly is not made', async () => {
    const asked = await payment('pm_ok', { amount: 1005, currency: 'KWD' });
    const before = stripe.requests.length;
    expect(await provider.charge(asked)).toMatchObject({ code: 'currency_not_supported', hard: true });
    expect(stripe.requests).toHaveLength(before);
  });
});

describe('asking how a payment stands', () => {
  it('finds it among more than one page of others', async () => {
    const asked = await payment();
    stripe.next(charges, 'silence_after');
    await provider.charge(asked);
    for (let other = 0; other < 101; other += 1) await provider.charge(await payment());
    expect((await provider.getPayment(asked))?.status).toBe('succeeded');
  });

  it('is no answer when Stripe gives none', async () => {
    stripe.next('GET /v1/payment_intents', 'silence_before');
    expect(await provider.getPayment(await payment())).toEqual({ status: 'unknown' });
  });
});

describe('giving a payment up', () => {
  it('ends it, so that it can no longer be confirmed', async () => {
    const asked = await payment('pm_authenticate');
    await provider.charge(asked);
    expect(await provider.cancelPayment(asked)).toMatchObject({
      status: 'declined',
      code: 'canceled',
      hard: false,
    });
  });

  it('that has succeeded meanwhile says so', async () => {
    const asked = await payment('pm_authenticate');
    await provider.charge(asked);
    const intent = stripe.intents.at(-1);
    if (intent) stripe.complete(intent);
    expect((await provider.cancelPayment(asked)).status).toBe('succeeded');
    expect(takenFor(asked)).toEqual(once);
  });
});

describe('methods and customers', () => {
  it('an account is one customer, however often it is made', async () => {
    const account = { id: `acc_${++serial}`, name: 'Vendor' };
    const made = await Promise.all([provider.createCustomer(account), provider.createCustomer(account)]);
    expect(made[0]).toEqual(made[1]);
  });

  it('a method is described, and never by its number', async () => {
    const attached = await provider.attachMethod(customer, 'pm_ok_card');
    expect(attached).toEqual({
      status: 'attached',
      method: {
        ...{
          ref: 'pm_ok_card',
          kind: 'card',
          brand: 'visa',
          last_four: '4242',
          exp_month: 12,
          exp_year: 2031,
        },
      },
    });
  });

  it('a method that the bank refuses, and one that is none, are declined', async () => {
    expect(await provider.attachMethod(customer, 'pm_unattachable_1')).toEqual({
      status: 'declined',
      code: 'do_not_honor',
    });
    expect(await provider.attachMethod(customer, '4242424242424242')).toMatchObject({ status: 'declined' });
  });

  it('the set-up page is one of Stripe’s', async () => {
    const page = await provider.setUpPage(customer, 'https://vendor.example.com/');
    expect(page?.url).toBe(`https://pay.example.com/${customer}`);
  });

  it('money is paid back once for each key', async () => {
    const asked = await payment();
    const outcome = await provider.charge(asked);
    const paid = { ...asked, ref: 'ref' in outcome ? outcome.ref : null };
    const key = `refund_${++serial}`;
    const refunds = [await provider.refund(paid, 100, key), await provider.refund(paid, 100, key)];
    expect(refunds[0]).toEqual(refunds[1]);
    expect(stripe.refunds.filter(({ payment_intent }) => payment_intent === paid.ref)).toHaveLength(1);
  });
});

describe('a notice', () => {
  const event = {
    ...{ id: 'evt_1', object: 'event', type: 'payment_intent.succeeded' },
    data: { object: { id: 'pi_1', object: 'payment_intent', metadata: { payment_id: 'pay_1' } } },
  };
  const hear = ({ body, signature }: { body: string; signature: string }) =>
    provider.parseWebhook(body, { 'stripe-signature': signature });

  it('of a payment names it', () => {
    expect(hear(stripe.signed(event, now))).toEqual({ kind: 'payment', payment_id: 'pay_1', ref: 'pi_1' });
  });

  it('of a method names it and its customer', () => {
    stripe.leaveMethod(customer, 'pm_ok_left');
    expect(hear(stripe.signed(stripe.events.at(-1) ?? {}, now))).toEqual({
      ...{ kind: 'method', customer_ref: customer, method_ref: 'pm_ok_left' },
    });
  });

  it('of anything else is heard and means nothing', () => {
    const others = [
      { ...event, type: 'charge.refunded' },
      { ...event, data: { object: { id: 'pi_1', metadata: {} } } },
    ];
    for (const other of others) expect(hear(stripe.signed(other, now))).toEqual({ kind: 'other' });
  });

  it.each([
    ['with another secret', () => stripe.signed(event, now, 'whsec_another')],
    ['six minutes ago', () => stripe.signed(event, now - 6 * minuteMs)],
    ['six minutes ahead', () => stripe.signed(event, now + 6 * minuteMs)],
    ['not at all', () => ({ body: JSON.stringify(event), signature: '' })],
    [
      'for another body',
      () => ({ ...stripe.signed(event, now), body: JSON.stringify({ ...event, id: 'evt_2' }) }),
    ],
  ])('signed %s is refused', (_how, made) => {
    expect(() => hear(made())).toThrow(expect.objectContaining({ code: 'VALIDATION_ERROR' }));
  });

  it('signed within the tolerance is taken', () => {
    expect(hear(stripe.signed(event, now - 299 * secondMs)).kind).toBe('payment');
    expect(hear(stripe.signed(event, now + 299 * secondMs)).kind).toBe('payment');
  });
});

it.each([
  ['USD', 2900, 2900],
  ['JPY', 968, 968],
  ['ISK', 500, 50_000],
  ['UGX', 500, 50_000],
  ['MGA', 500, 5],
  ['MGA', 550, null],
  ['KWD', 16_100, 16_100],
  ['KWD', 16_101, null],
])('%s %i is %s to Stripe', (currency, amount, expected) => {
  expect(stripeAmount(amount, currency)).toBe(expected);
});
