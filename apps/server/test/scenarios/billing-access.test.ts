import { contract as contracts, type ProcedureContract, type Subscription } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs, toTimestamp } from '../../src/platform/clock.ts';
import { type BillingCalls, billingOf, createTestVendor, dataOf } from '../support/billing.ts';
import { machine, type Vendor } from '../support/builders.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sendBody } from '../support/raw.ts';
import { useServer } from '../support/test-server.ts';

type Status = Subscription['status'];
type Refusal = 'PAYMENT_REQUIRED' | 'SUBSCRIPTION_INACTIVE' | null;

const start = '2026-11-01T00:00:00.000Z';

/** The table of the design, word by word: what a write and the call of a device get. Reads are always answered. */
const table: Record<Status, { write: Refusal; device: Refusal; warns: boolean }> = {
  trialing: { write: null, device: null, warns: false },
  active: { write: null, device: null, warns: false },
  past_due: { write: null, device: null, warns: true },
  unpaid: { write: 'PAYMENT_REQUIRED', device: null, warns: false },
  incomplete: { write: 'PAYMENT_REQUIRED', device: 'PAYMENT_REQUIRED', warns: false },
  canceled: { write: 'SUBSCRIPTION_INACTIVE', device: null, warns: false },
  incomplete_expired: { write: 'SUBSCRIPTION_INACTIVE', device: null, warns: false },
};

const isWrite = ({ access }: ProcedureContract) => access === 'write';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    const contractOf = (name: string) => contracts.find((one) => one.name === name) as ProcedureContract;

    describe.each(Object.entries(table))('an account whose subscription is %s', (status, allowed) => {
      let vendor: Vendor;
      let billing: BillingCalls;
      let productId = '';
      let licenseKey = '';

      beforeAll(async () => {
        vendor = await createTestVendor(server, start);
        billing = billingOf(door, () => vendor);
        await dataOf(billing.addMethod({ token: 'test_ok' }));
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        const license = await vendor.license();
        productId = license.product_id;
        licenseKey = license.key;
        await bringInto(status as Status, billing);
        expect((await dataOf(billing.subscription())).status).toBe(status);
      });

      it('is answered whatever it reads', async () => {
        const reads = contracts.filter(
          ({ access, path, stream }) => access === 'read' && !path.includes(':') && !stream,
        );
        for (const contract of reads) {
          const { error } = await door.call(contract, {}, { key: vendor.read_only });
          expect(error, contract.name).toBeUndefined();
        }
      });

      it('writes as the table says, whatever the operation', async () => {
        for (const contract of contracts.filter(isWrite)) {
          // Not right on purpose: the subscription is looked at before the input.
          const input = Object.fromEntries(
            [...contract.path.matchAll(/:(\w+)/g)].map(([, name]) => [name, 'x']),
          );
          const bad = JSON.stringify({ ...(door.name === 'trpc' ? input : {}), no_such_field: 1 });
          if (contract.method === 'DELETE' && door.name === 'rest') continue;
          const { status: code, error } = await sendBody(server, door, contract, bad, {
            key: vendor.admin,
            input,
          });
          const expected = allowed.write ? [403, allowed.write] : [400, 'VALIDATION_ERROR'];
          expect([code, error?.code], contract.name).toEqual(expected);
        }
      });

      it('is warned where the table says so', async () => {
        const { headers, error } = await door.call(
          contractOf('products.update'),
          { productId, name: 'Renamed' },
          { key: vendor.admin },
        );
        expect(error?.code ?? null).toBe(allowed.write);
        expect(headers.get('x-warning')).toBe(allowed.warns ? 'PAYMENT_PAST_DUE' : null);
      });

      it('has its customers’ devices served as the table says', async () => {
        const device = machine();
        for (const name of ['activations.activate', 'activations.validate', 'activations.deactivate']) {
          const { error } = await door.call(
            contractOf(name),
            { license_key: licenseKey, device },
            { key: vendor.channel },
          );
          expect(error?.code ?? null, name).toBe(allowed.device);
        }
      });
    });

    it('that ended serves devices for thirty days more, to the moment', async () => {
      const vendor = await createTestVendor(server, start);
      const billing = billingOf(door, () => vendor);
      await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
      const { key } = await vendor.license();
      await dataOf(billing.cancel({ at: 'now' }));
      const validate = () =>
        door.call(contractOf('activations.validate'), { license_key: key }, { key: vendor.channel });
      const end = Date.parse(start) + 30 * dayMs;
      await dataOf(billing.advance({ to: toTimestamp(end - 1) }));
      expect((await validate()).error).toBeUndefined();
      await dataOf(billing.advance({ to: toTimestamp(end) }));
      expect((await validate()).error?.code).toBe('SUBSCRIPTION_INACTIVE');
    });

    it('that pays again writes on the next request', async () => {
      const vendor = await createTestVendor(server, start);
      const billing = billingOf(door, () => vendor);
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
      await bringInto('unpaid', billing);
      const create = () => door.call(contractOf('products.create'), { name: 'x' }, { key: vendor.admin });
      expect((await create()).error?.code).toBe('PAYMENT_REQUIRED');
      const [invoice] = await dataOf(billing.invoices({ status: 'open' }));
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.pay({ invoiceId: invoice?.id }));
      expect((await create()).error).toBeUndefined();
    });
  });

  it('REST says the warning in words', async () => {
    const vendor = await createTestVendor(server, start);
    const billing = billingOf(
      restDoor(() => server.baseUrl),
      () => vendor,
    );
    await dataOf(billing.addMethod({ token: 'test_ok' }));
    await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
    await bringInto('past_due', billing);
    const response = await fetch(`${server.baseUrl}/api/v1/products`, {
      method: 'POST',
      headers: { authorization: `Bearer ${vendor.admin}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'x' }),
    });
    const { meta } = (await response.json()) as { meta: { warnings: { code: string; message: string }[] } };
    expect(meta.warnings).toEqual([
      { code: 'PAYMENT_PAST_DUE', message: expect.stringContaining('overdue') },
    ]);
  });
});

/** From a trial into a state, by what makes it so. */
async function bringInto(status: Status, billing: BillingCalls): Promise<void> {
  const after = async (days: number) => {
    const { trial_end } = await dataOf(billing.subscription());
    await dataOf(billing.advance({ to: toTimestamp(Date.parse(trial_end ?? start) + days * dayMs) }));
  };
  if (status === 'active') await after(0);
  if (status === 'past_due' || status === 'unpaid') {
    await dataOf(billing.addMethod({ token: 'test_declined' }));
    await after(status === 'past_due' ? 0 : 14);
  }
  if (status === 'canceled') await dataOf(billing.cancel({ at: 'now' }));
  if (status === 'incomplete' || status === 'incomplete_expired') {
    await dataOf(billing.cancel({ at: 'now' }));
    await dataOf(billing.addMethod({ token: 'test_declined' }));
    await billing.subscribe({ plan_code: 'starter', interval: 'month' });
    if (status === 'incomplete_expired') {
      await dataOf(billing.advance({ to: toTimestamp(Date.parse(start) + dayMs) }));
    }
  }
}
