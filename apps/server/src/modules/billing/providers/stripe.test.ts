import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { minuteMs, secondMs } from '../../../platform/clock.ts';
import { FakeStripe, type Mishap } from './fake-stripe.fixtures.ts';
import type { PaymentProvider, PaymentRequest } from './provider.ts';
import { createStripeProvider } from './stripe.ts';
import { stripeAmount } from './stripe-amount.ts';

const stripe = new FakeStripe();
const now = Date.now();
const returnUrl = 'https://vendor.example.com/paid';
let provider: PaymentProvider;
let customer = '';
let serial = 0;

const open = (changes: { secretKey?: string; returnUrl?: string | null } = {}) =>
  createStripeProvider({
    ...{ secretKey: stripe.secretKey, webhookSecret: stripe.webhookSecret, apiBase: stripe.baseUrl },
    ...{ clock: { now: () => now }, timeoutMs: 150, returnUrl, ...changes },
  });

beforeAll(async () => {
  await stripe.start();
  provider = open();
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
    ['lock_timeout', nothing],
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

  it('whose connection breaks again is unknown, and found when it is asked for', async () => {
    const asked = await payment();
    for (const mishap of ['reset_after', 'reset_after'] as const) stripe.next(charges, mishap);
    expect(await provider.charge(asked)).toEqual({ status: 'unknown' });
    expect((await provider.getPayment(asked))?.status).toBe('succeeded');
    expect(takenFor(asked)).toEqual(once);
  });

  it('that Stripe answers by a 500 after it moved the money is unknown, and found when it is asked for', async () => {
    const asked = await payment();
    stripe.next(charges, 'error_500_after');
    const outcomes = [await provider.charge(asked), await provider.charge(asked)];
    expect(outcomes).toEqual([{ status: 'unknown' }, { status: 'unknown' }]);
    expect((await provider.getPayment(asked))?.status).toBe('succeeded');
    expect(takenFor(asked)).toEqual(once);
  });

  it('whose key Stripe still works on is unknown, and moves the money once', async () => {
    const asked = await payment();
    stripe.next(charges, 'held');
    expect(await provider.charge(asked)).toEqual({ status: 'unknown' });
    expect(await provider.charge(asked)).toEqual({ status: 'unknown' });
    expect(await provider.getPayment(asked)).toBeNull();
    stripe.letGo();
    expect((await provider.charge(asked)).status).toBe('succeeded');
    expect(takenFor(asked)).toEqual(once);
  });

  it('under a key that was used for something else is unknown, never a refusal', async () => {
    const asked = await payment();
    await provider.charge(asked);
    expect(await provider.charge({ ...asked, amount: 1 })).toEqual({ status: 'unknown' });
  });

  it('with a key that Stripe does not know is refused for now, and says nothing of the key', async () => {
    const asked = await payment();
    const mistaken = open({ secretKey: 'sk_test_wrong' });
    const refusal = { status: 'declined', ref: null, code: 'provider_refused', hard: false };
    expect(await mistaken.charge(asked)).toEqual(refusal);
    expect(await mistaken.getPayment(asked)).toEqual({ status: 'unknown' });
    expect(takenFor(asked)).toEqual(nothing);
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
    ['pm_forbidden', 'generic_decline', true],
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

  it('that its payer confirmed once is renewed by the same card with nobody there', async () => {
    const first = await payment('pm_authenticate');
    await provider.charge(first);
    const intent = stripe.intents.at(-1);
    if (intent) stripe.complete(intent);
    const renewal = { ...first, id: `pay_${++serial}`, is_present: false };
    expect((await provider.charge(renewal)).status).toBe('succeeded');
  });

  it('has no place to send its payer to where none is set', async () => {
    const asked = await payment('pm_authenticate');
    expect(await open({ returnUrl: null }).charge(asked)).toMatchObject({
      ...{ status: 'requires_action', url: null },
    });
  });

  it('that its payer failed to confirm is declined for now', async () => {
    const asked = await payment('pm_authenticate');
    await provider.charge(asked);
    const intent = stripe.intents.at(-1);
    if (intent) stripe.complete(intent, 'requires_payment_method');
    expect(await provider.getPayment(asked)).toMatchObject({
      ...{ status: 'declined', code: 'payment_intent_authentication_failure', hard: false },
    });
  });

  it('that the bank works on is pending', async () => {
    expect((await provider.charge(await payment('pm_processing'))).status).toBe('pending');
  });

  it('with a method that is another customer’s is refused', async () => {
    const asked = await payment();
    const other = await provider.createCustomer({ id: `acc_${++serial}`, name: 'Other' });
    expect(await provider.charge({ ...asked, customer_ref: other.ref })).toMatchObject({
      ...{ status: 'declined', code: 'payment_method_unexpected_state', hard: false },
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

  it('by its id at Stripe says the same, and an id that Stripe does not know is none', async () => {
    const asked = await payment();
    const outcome = await provider.charge(asked);
    const ref = 'ref' in outcome ? outcome.ref : null;
    expect(await provider.getPayment({ ...asked, ref })).toEqual({ status: 'succeeded', ref });
    expect(await provider.getPayment({ ...asked, ref: 'pi_none' })).toBeNull();
  });

  it('leaves alone what is just being made', async () => {
    const asked = await payment();
    stripe.next(charges, 'unconfirmed');
    expect(await provider.charge(asked)).toEqual({ status: 'unknown' });
    expect((await provider.getPayment(asked))?.status).toBe('pending');
    const intent = stripe.intents.at(-1);
    if (intent) stripe.complete(intent);
    expect((await provider.getPayment(asked))?.status).toBe('succeeded');
  });

  it('ends what was left unconfirmed before it counts as refused', async () => {
    const asked = await payment();
    stripe.now = () => now - 3 * minuteMs;
    stripe.next(charges, 'unconfirmed');
    await provider.charge(asked);
    stripe.now = Date.now;
    stripe.next(`POST /v1/payment_intents/${stripe.intents.at(-1)?.id}/cancel`, 'error_500');
    expect(await provider.getPayment(asked)).toEqual({ status: 'unknown' });
    expect(await provider.getPayment(asked)).toMatchObject({
      ...{ status: 'declined', code: 'canceled', hard: false },
    });
    expect(stripe.intents.at(-1)?.status).toBe('canceled');
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

describe('giving a payment up at the same moment', () => {
  it('as its payer confirms it says that it has succeeded', async () => {
    const asked = await payment('pm_authenticate');
    await provider.charge(asked);
    const intent = stripe.intents.at(-1);
    // The payer confirms between the look and the end.
    stripe.onRequest = (on) => {
      stripe.onRequest = () => {};
      if (intent && on === `GET ${charges.split(' ')[1]}`) queueMicrotask(() => stripe.complete(intent));
    };
    expect((await provider.cancelPayment(asked)).status).toBe('succeeded');
    expect(takenFor(asked)).toEqual(once);
  });

  it('as Stripe falls silent is unknown or as it was, never refused', async () => {
    const asked = await payment('pm_authenticate');
    await provider.charge(asked);
    stripe.next(`POST /v1/payment_intents/${stripe.intents.at(-1)?.id}/cancel`, 'silence_before');
    expect((await provider.cancelPayment(asked)).status).toBe('requires_action');
  });
});

describe('methods and customers', () => {
  it('an account is one customer, however often it is made', async () => {
    const account = { id: `acc_${++serial}`, name: 'Vendor' };
    const made = await Promise.all([provider.createCustomer(account), provider.createCustomer(account)]);
    expect(made[0]).toEqual(made[1]);
  });

  it('an account stays the same customer under another name', async () => {
    const id = `acc_${++serial}`;
    const made = await provider.createCustomer({ id, name: 'Before' });
    expect(await provider.createCustomer({ id, name: 'After' })).toEqual(made);
  });

  it('a method that was left on the set-up page is attached already, and described', async () => {
    stripe.leaveMethod(customer, 'pm_ok_at_the_page');
    const attached = await provider.attachMethod(customer, 'pm_ok_at_the_page');
    expect(attached).toMatchObject({ status: 'attached', method: { ref: 'pm_ok_at_the_page' } });
  });

  it('a method that is another customer’s is declined', async () => {
    const other = await provider.createCustomer({ id: `acc_${++serial}`, name: 'Other' });
    stripe.leaveMethod(other.ref, 'pm_ok_of_another');
    expect(await provider.attachMethod(customer, 'pm_ok_of_another')).toMatchObject({ status: 'declined' });
  });

  it('no answer about a method is no refusal of it', async () => {
    stripe.next('POST /v1/payment_methods/pm_ok_silent/attach', 'silence_before');
    await expect(provider.attachMethod(customer, 'pm_ok_silent')).rejects.toThrow('timeout');
    expect((await provider.attachMethod(customer, 'pm_ok_silent')).status).toBe('attached');
  });

  it('a key that Stripe does not know is no fault of the method', async () => {
    const attaching = open({ secretKey: 'sk_test_wrong' }).attachMethod(customer, 'pm_ok_fine');
    await expect(attaching).rejects.toThrow('api_key_expired');
  });

  it.each(['4242424242424242', '../customers', 'pm_1/detach?'])(
    '%s is no method, and sent nowhere',
    async (token) => {
      const before = stripe.requests.length;
      expect(await provider.attachMethod(customer, token)).toMatchObject({ status: 'declined' });
      expect(stripe.requests).toHaveLength(before);
    },
  );

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
    expect(await provider.attachMethod(customer, 'tok_none')).toEqual({
      ...{ status: 'declined', code: 'resource_missing' },
    });
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
    stripe.next('POST /v1/refunds', 'silence_after');
    await expect(provider.refund(paid, 100, key)).rejects.toThrow('timeout');
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

  it('with a second time that is ahead is refused', () => {
    const { body, signature } = stripe.signed(event, now + 6 * minuteMs);
    const made = { body, signature: `t=${Math.floor(now / secondMs)},${signature}` };
    expect(() => hear(made)).toThrow(expect.objectContaining({ code: 'VALIDATION_ERROR' }));
  });

  it('of a kind that is not read, signed as it should be, means nothing', () => {
    expect(hear(stripe.signed({ ...event, object: 'v2.core.event' }, now))).toEqual({ kind: 'other' });
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
