import { describe, expect, it } from 'vitest';
import { minuteMs } from '../../../platform/clock.ts';
import { charges, once, openBench } from './stripe-bench.fixtures.ts';

const { stripe, now, provider, impatient, payment, takenFor, newest } = await openBench();

describe('asking how a payment stands', () => {
  it('finds it among more than one page of others', async () => {
    const asked = await payment();
    stripe.next(charges, 'silence_after');
    await impatient.charge(asked);
    const { customer_ref } = asked;
    for (let other = 0; other < 101; other += 1) {
      await provider.charge(await payment('pm_ok', { customer_ref }));
    }
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
    expect(await impatient.charge(asked)).toEqual({ status: 'unknown' });
    expect((await provider.getPayment(asked))?.status).toBe('pending');
    stripe.complete(newest());
    expect((await provider.getPayment(asked))?.status).toBe('succeeded');
  });

  it('ends what was left unconfirmed before it counts as refused', async () => {
    const asked = await payment();
    stripe.now = () => now - 3 * minuteMs;
    stripe.next(charges, 'unconfirmed');
    await impatient.charge(asked);
    stripe.now = Date.now;
    stripe.next(`POST /v1/payment_intents/${newest().id}/cancel`, 'error_500');
    expect(await provider.getPayment(asked)).toEqual({ status: 'unknown' });
    expect(await provider.getPayment(asked)).toMatchObject({
      ...{ status: 'declined', code: 'canceled', hard: false },
    });
    expect(newest().status).toBe('canceled');
  });

  it('is no answer when Stripe gives none', async () => {
    stripe.next('GET /v1/payment_intents', 'silence_before');
    expect(await impatient.getPayment(await payment())).toEqual({ status: 'unknown' });
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
    expect(() => stripe.complete(newest())).toThrow('canceled');
  });

  it('that has succeeded before says so', async () => {
    const asked = await payment('pm_authenticate');
    await provider.charge(asked);
    stripe.complete(newest());
    expect((await provider.cancelPayment(asked)).status).toBe('succeeded');
    expect(takenFor(asked)).toEqual(once);
  });

  it('as its payer confirms it says that it has succeeded', async () => {
    const asked = await payment('pm_authenticate');
    await provider.charge(asked);
    const intent = newest();
    // The payer confirms between the look and the end.
    stripe.onRequest = (on) => {
      stripe.onRequest = () => {};
      if (on === `GET ${charges.split(' ')[1]}`) queueMicrotask(() => stripe.complete(intent));
    };
    expect((await provider.cancelPayment(asked)).status).toBe('succeeded');
    expect(takenFor(asked)).toEqual(once);
  });

  it('without an answer of Stripe leaves it as it was, and never refused', async () => {
    const asked = await payment('pm_authenticate');
    await provider.charge(asked);
    stripe.next(`POST /v1/payment_intents/${newest().id}/cancel`, 'silence_before');
    expect((await impatient.cancelPayment(asked)).status).toBe('requires_action');
  });
});
