import { describe, expect, it } from 'vitest';
import { minuteMs, secondMs } from '../../../platform/clock.ts';
import { openBench } from './stripe-bench.fixtures.ts';

const { stripe, now, provider } = await openBench();

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
    stripe.leaveMethod('cus_1', 'pm_ok_left');
    expect(hear(stripe.signed(stripe.events.at(-1) ?? {}, now))).toEqual({
      ...{ kind: 'method', customer_ref: 'cus_1', method_ref: 'pm_ok_left' },
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
