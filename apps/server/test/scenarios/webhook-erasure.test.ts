import { type Customer, eraseCustomer } from '@thrivetech/contracts';
import { beforeEach, expect, it } from 'vitest';
import { minuteMs } from '../../src/platform/clock.ts';
import { createVendor, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { allRows } from '../support/tables.ts';
import { useServer, webhooksToThisMachine } from '../support/test-server.ts';
import { isSignedWith, type Reply, useReceiver } from '../support/webhook-receiver.ts';
import { newEndpoint, webhooksOf } from '../support/webhooks.ts';

eachDatabase((database) => {
  const server = useServer(database, webhooksToThisMachine);
  const receiver = useReceiver();
  const deliver = () => server.platform.jobs.runDue();

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeEach(async () => {
      vendor = await createVendor(server);
    });
    const webhooks = webhooksOf(door, () => vendor);
    /** A person whose e-mail address and notes are in an event. */
    const person = async (): Promise<{ marker: string; customer: Customer }> => {
      const marker = unique(`MARKER${Math.random().toString(36).slice(2)}`);
      const customer = await vendor.customer({ email: `${marker}@example.com` });
      await vendor.license({ customer_id: customer.id, notes: `for ${marker}` });
      return { marker, customer };
    };
    const erase = (customer: Customer) =>
      door.call(eraseCustomer, { customerId: customer.id }, { key: vendor.admin });
    /** Tables that still know of somebody. */
    const tablesNaming = async (marker: string): Promise<string[]> => {
      const wanted = marker.toLowerCase();
      return Object.entries(await allRows(server))
        .filter(([, rows]) => rows.join().toLowerCase().includes(wanted))
        .map(([table]) => table);
    };

    it('what receivers answered about a person is erased with them, and about others it stays', async () => {
      const mailbox = receiver.mailbox();
      mailbox.reply(({ body }) => ({ status: 200, body: `thank you for ${body}` }));
      await newEndpoint(webhooks, { url: mailbox.url });
      const [gone, stays] = [await person(), await person()];
      await deliver();
      expect(await tablesNaming(gone.marker)).toContain('webhook_attempts');
      expect((await erase(gone.customer)).success).toBe(true);
      expect(await tablesNaming(gone.marker)).toEqual([]);
      expect(await tablesNaming(stays.marker)).toContain('webhook_attempts');

      const { data } = await webhooks.deliveries({ sort: 'created_at' });
      const details = await Promise.all(data.map(({ id }) => webhooks.delivery({ deliveryId: id })));
      const logs = details.map(({ data: { attempts_log } }) => attempts_log[0]);
      expect(logs.filter((log) => log?.response_body === null)).toHaveLength(1);
      expect(logs.map((log) => [log?.outcome, log?.status])).toEqual(Array(2).fill(['delivered', 200]));
    });

    it('what is sent after the erasure says what happened, and not to whom; a receiver can verify it', async () => {
      const mailbox = receiver.mailbox();
      mailbox.reply({ status: 500 });
      const { secret } = await newEndpoint(webhooks, { url: mailbox.url });
      const { marker, customer } = await person();
      await deliver();
      expect(mailbox.received[0]?.body).toContain(marker);
      await erase(customer);

      mailbox.reply({ status: 200 });
      server.clock.advance(minuteMs);
      await deliver();
      const [{ id: deliveryId } = { id: '' }] = (await webhooks.deliveries({})).data;
      await webhooks.redeliver({ deliveryId });
      await deliver();
      const [before, retried, again] = mailbox.received;
      expect(mailbox.received).toHaveLength(3);
      expect(again?.body).toBe(retried?.body);
      for (const sent of [retried, again]) {
        if (!sent) throw new Error('Nothing was sent.');
        expect(sent.id).toBe(before?.id);
        expect(sent.body).not.toContain(marker);
        expect(isSignedWith(secret, sent)).toBe(true);
        const { sequence, data } = JSON.parse(sent.body);
        expect(sequence).toBe(JSON.parse(before?.body ?? '').sequence);
        expect(data).toMatchObject({
          ...{ customer_id: null, customer_email: null },
          license: { customer_id: null, notes: null },
        });
      }
      expect((await webhooks.delivery({ deliveryId })).data.body).toBe(retried?.body);
    });

    it('an answer that arrives after the erasure, to what was sent before, is not kept', async () => {
      const mailbox = receiver.mailbox();
      let answer = (_reply: Reply) => {};
      mailbox.reply(() => new Promise((resolve) => (answer = resolve)));
      await newEndpoint(webhooks, { url: mailbox.url });
      const { marker, customer } = await person();
      const delivered = deliver();
      await expect.poll(() => mailbox.received.length).toBe(1);
      expect((await erase(customer)).success).toBe(true);
      answer({ status: 500, body: mailbox.received[0]?.body ?? '' });
      await delivered;
      expect((await webhooks.deliveries({})).data).toMatchObject([{ attempts: 1, last_status: 500 }]);
      expect(await tablesNaming(marker)).toEqual([]);
    });
  });
});
