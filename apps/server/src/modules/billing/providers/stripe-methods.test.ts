import { describe, expect, it } from 'vitest';
import { openBench } from './stripe-bench.fixtures.ts';

const { stripe, unique, open, provider, impatient, newCustomer, payment } = await openBench();

const customer = await newCustomer();

describe('methods and customers', () => {
  it('an account is one customer, however often it is made', async () => {
    const account = { id: unique('acc'), name: 'Vendor' };
    const made = await Promise.all([provider.createCustomer(account), provider.createCustomer(account)]);
    expect(made[0]).toEqual(made[1]);
  });

  it('an account stays the same customer under another name', async () => {
    const id = unique('acc');
    const made = await provider.createCustomer({ id, name: 'Before' });
    expect(await provider.createCustomer({ id, name: 'After' })).toEqual(made);
  });

  it('a method that was left on the set-up page is attached already, and described', async () => {
    stripe.leaveMethod(customer, 'pm_ok_at_the_page');
    const attached = await provider.attachMethod(customer, 'pm_ok_at_the_page');
    expect(attached).toMatchObject({ status: 'attached', method: { ref: 'pm_ok_at_the_page' } });
  });

  it('a method that is another customer’s is declined', async () => {
    const other = await provider.createCustomer({ id: unique('acc'), name: 'Other' });
    stripe.leaveMethod(other.ref, 'pm_ok_of_another');
    expect(await provider.attachMethod(customer, 'pm_ok_of_another')).toMatchObject({ status: 'declined' });
  });

  it('no answer about a method is no refusal of it', async () => {
    stripe.next('POST /v1/payment_methods/pm_ok_silent/attach', 'silence_before');
    await expect(impatient.attachMethod(customer, 'pm_ok_silent')).rejects.toThrow('timeout');
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
    const key = unique('refund');
    stripe.next('POST /v1/refunds', 'silence_after');
    await expect(impatient.refund(paid, 100, key)).rejects.toThrow('timeout');
    const refunds = [await provider.refund(paid, 100, key), await provider.refund(paid, 100, key)];
    expect(refunds[0]).toEqual(refunds[1]);
    expect(stripe.refunds.filter(({ payment_intent }) => payment_intent === paid.ref)).toHaveLength(1);
  });
});
