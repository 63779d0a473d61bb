import { createLicense, eraseCustomer } from '@thrivetech/contracts';
import { expect, it } from 'vitest';
import { iso } from '../support/app.ts';
import { createVendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer, webhooksToThisMachine } from '../support/test-server.ts';
import { type Mailbox, useReceiver } from '../support/webhook-receiver.ts';
import { newEndpoint, storedEvents, webhooksOf } from '../support/webhooks.ts';

const times = (count: number) => Array.from({ length: count }, (_, n) => n);

eachDatabase((database) => {
  const server = useServer(database, webhooksToThisMachine);
  const receiver = useReceiver();

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);

    it('while events happen and are sent, endpoints come, go and change: each gets exactly its own, and nothing is left over', async () => {
      const vendor = await createVendor(server);
      const webhooks = webhooksOf(door, () => vendor);
      const { id: product_id } = await vendor.product();
      const since = iso(server.clock.now());
      const steady = receiver.mailbox();
      const switched = receiver.mailbox();
      const { id: steadyId } = await newEndpoint(webhooks, { url: steady.url });
      const { id: switchedId } = await newEndpoint(webhooks, { url: switched.url });
      const newcomers = new Map<string, Mailbox>();
      const errors: unknown[] = [];
      const call = async (answer: Promise<{ status: number; error?: unknown }>) => {
        const { status, error } = await answer;
        // To lose against somebody else is no fault.
        if (error && status !== 409 && status !== 404) errors.push(error);
      };

      let isOver = false;
      const delivering = (async () => {
        while (!isOver) await server.platform.jobs.runDue();
      })();
      const happen = async () => {
        for (const n of times(40)) {
          const customer = n % 8 === 0 ? await vendor.customer() : null;
          const input = { product_id, ...(customer && { customer_id: customer.id }) };
          await call(door.call(createLicense, input, { key: vendor.admin }));
          if (customer)
            await call(door.call(eraseCustomer, { customerId: customer.id }, { key: vendor.admin }));
        }
      };
      const switchOnAndOff = async () => {
        for (const n of times(30))
          await call(webhooks.update({ endpointId: switchedId, enabled: n % 2 === 1 }));
        await call(webhooks.update({ endpointId: switchedId, enabled: false }));
      };
      const come = async () => {
        for (const _ of times(10)) {
          const mailbox = receiver.mailbox();
          newcomers.set((await newEndpoint(webhooks, { url: mailbox.url })).id, mailbox);
        }
      };
      const go = async () => {
        for (const _ of times(10)) {
          const { id } = await newEndpoint(webhooks, { url: receiver.mailbox().url });
          await call(webhooks.recover({ endpointId: id, since }));
          await call(webhooks.remove({ endpointId: id }));
        }
      };
      const ask = async () => {
        for (const _ of times(10)) {
          await call(webhooks.recover({ endpointId: steadyId, since }));
          await call(webhooks.rotate({ endpointId: steadyId }));
          const { data } = await webhooks.deliveries({ endpoint_id: steadyId, limit: 1 });
          if (data[0]) await call(webhooks.redeliver({ deliveryId: data[0].id }));
        }
      };
      await Promise.all([happen(), happen(), happen(), switchOnAndOff(), come(), go(), ask()]);
      isOver = true;
      await delivering;
      await server.platform.jobs.runDue();

      expect(errors).toEqual([]);
      expect(server.logLines.filter((line) => /"level":(40|50)/.test(line))).toEqual([]);
      const sequences = (await storedEvents(server, vendor)).map(({ sequence }) => sequence);
      expect(sequences).toHaveLength(120);
      const distinct = ({ received }: Mailbox) =>
        [...new Set(received.map(({ body }): number => JSON.parse(body).sequence))].sort((a, b) => a - b);
      expect(distinct(steady)).toEqual(sequences);
      for (const [id, mailbox] of newcomers) {
        const { after_sequence } = await server.platform
          .database('webhook_endpoints')
          .where({ id })
          .first('after_sequence');
        expect(distinct(mailbox)).toEqual(sequences.filter((sequence) => sequence > after_sequence));
        expect(mailbox.received).toHaveLength(distinct(mailbox).length);
      }
      const { account_id } = vendor;
      const left = await server.platform
        .database('webhook_deliveries')
        .where({ account_id })
        .whereNotNull('due_at');
      expect(left).toEqual([]);
      const jobs = await server.platform.database('jobs').whereLike('kind', 'webhooks.%');
      expect(jobs.map(({ kind }) => kind)).toEqual(['webhooks.forget']);
    });
  });
});
