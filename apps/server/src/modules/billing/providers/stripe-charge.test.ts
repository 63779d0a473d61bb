import { describe, expect, it } from 'vitest';
import type { Mishap } from './fake-stripe.fixtures.ts';
import { charges, nothing, once, openBench } from './stripe-bench.fixtures.ts';

const { stripe, unique, open, provider, impatient, payment, takenFor, newest } = await openBench();

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
      expect(await impatient.charge(asked)).toEqual({ status: 'unknown' });
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
    expect(await impatient.charge(asked)).toEqual({ status: 'unknown' });
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
    stripe.complete(newest());
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
    stripe.complete(newest());
    const renewal = { ...first, id: unique('pay'), is_present: false };
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
    stripe.complete(newest(), 'requires_payment_method');
    expect(await provider.getPayment(asked)).toMatchObject({
      ...{ status: 'declined', code: 'payment_intent_authentication_failure', hard: false },
    });
  });

  it('that the bank works on is pending', async () => {
    expect((await provider.charge(await payment('pm_processing'))).status).toBe('pending');
  });

  it('with a method that is another customer’s is refused', async () => {
    const asked = await payment();
    const other = await provider.createCustomer({ id: unique('acc'), name: 'Other' });
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
