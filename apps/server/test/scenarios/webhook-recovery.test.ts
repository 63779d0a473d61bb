import type { WebhookDelivery } from '@thrivetech/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../src/platform/clock.ts';
import { iso } from '../support/app.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { allRows, countRows } from '../support/tables.ts';
import { type TestServer, useServer, webhooksToThisMachine } from '../support/test-server.ts';
import { type Mailbox, type Received, useReceiver } from '../support/webhook-receiver.ts';
import { type EndpointWithSecret, newEndpoint, storedEvents, webhooksOf } from '../support/webhooks.ts';

/** Copies of the account's first event, numbered on from it: through the API this many take long. */
async function addEvents(server: TestServer, { account_id }: Vendor, count: number): Promise<void> {
  const db = server.platform.database;
  const columns = 'account_id, type, created_at, request_id, license_id, body';
  await db.raw(
    `with recursive numbers(n) as
       (select cast(1 as bigint) union all select n + 1 from numbers where n < ${count})
     insert into events (id, sequence, ${columns})
     select events.id || '_' || n, 1 + n, ${columns} from numbers, events where account_id = ?`,
    [account_id],
  );
  await db('account_counters')
    .where({ account_id })
    .update({ events: count + 1 });
}

const sequenceOf = ({ body }: Received): number => JSON.parse(body).sequence;

eachDatabase((database) => {
  const server = useServer(database, webhooksToThisMachine);
  const receiver = useReceiver();
  const deliver = () => server.platform.jobs.runDue();

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let mailbox: Mailbox;
    beforeEach(async () => {
      vendor = await createVendor(server);
      mailbox = receiver.mailbox();
    });
    const webhooks = webhooksOf(door, () => vendor);
    const got = () => mailbox.received.map(sequenceOf);
    const begin = (more: Record<string, unknown> = {}): Promise<EndpointWithSecret> =>
      newEndpoint(webhooks, { url: mailbox.url, ...more });
    /** Events happen a minute after the other, and are sent. */
    const happen = async (count = 1) => {
      for (let n = 0; n < count; n++) {
        server.clock.advance(minuteMs);
        await vendor.license();
      }
      await deliver();
    };
    const giveUp = () =>
      server.platform
        .database('webhook_deliveries')
        .where({ account_id: vendor.account_id, status: 'pending' })
        .update({ status: 'failed', attempts: 10, due_at: null });
    const only = ({ data }: { data: WebhookDelivery[] }): WebhookDelivery => {
      const [delivery, ...others] = data;
      if (!delivery || others.length > 0) throw new Error(`${data.length} deliveries instead of one.`);
      return delivery;
    };

    describe('recover', () => {
      it('misses no event that was asked for since then, though one that was asked for earlier committed after it', async () => {
        const { id: endpointId } = await begin();
        mailbox.reply({ status: 500 });
        await happen();
        const since = iso(server.clock.now());
        await happen();
        await giveUp();
        const events = await storedEvents(server, vendor);
        const [own, late] = events.slice(-2);
        await server.platform
          .database('events')
          .where({ id: late?.id })
          .update({ created_at: server.clock.now() - 10 * minuteMs });
        mailbox.reply({ status: 200 });
        mailbox.received.splice(0);
        expect((await webhooks.recover({ endpointId, since })).data.requeued).toBeGreaterThan(0);
        await deliver();
        expect(mailbox.received.map(({ body }) => JSON.parse(body).id)).toContain(own?.id);
      });

      it('sends what failed and what was canceled since then exactly once, and nothing that was delivered', async () => {
        const { id: endpointId } = await begin();
        mailbox.reply({ status: 500 });
        await happen(2);
        await giveUp();
        const since = iso(server.clock.now());
        mailbox.reply(({ body }) => ({ status: [3, 6].includes(JSON.parse(body).sequence) ? 500 : 200 }));
        await happen(4);
        await giveUp();
        mailbox.reply({ status: 500 });
        await happen();
        await webhooks.update({ endpointId, enabled: false });
        await webhooks.update({ endpointId, enabled: true });
        mailbox.reply({ status: 200 });
        await happen();
        mailbox.received.splice(0);

        const answer = await webhooks.recover({ endpointId, since });
        // The one of that very moment is among them: since then, not after it.
        expect(answer.data).toEqual({ requeued: 4, has_more: false });
        await deliver();
        expect(got().sort()).toEqual([2, 3, 6, 7]);
        const attempts = mailbox.received.map(({ headers }) => headers['x-webhook-attempt']);
        expect(new Set(attempts)).toEqual(new Set(['1']));
        const stored = new Map((await storedEvents(server, vendor)).map(({ id, body }) => [id, body]));
        for (const { id, body } of mailbox.received) expect(body).toBe(stored.get(id));

        const again = await webhooks.recover({ endpointId, since });
        expect(again.data).toEqual({ requeued: 0, has_more: false });
        await deliver();
        expect(mailbox.received).toHaveLength(4);
      });

      it('reaches events from before the endpoint was there, of the types that it wants', async () => {
        server.clock.advance(hourMs);
        const since = iso(server.clock.now());
        await happen(3);
        const { id: endpointId } = await begin({ events: ['license.created'] });
        const other = receiver.mailbox();
        const deaf = await newEndpoint(webhooks, { url: other.url, events: ['payment.*'] });
        await happen();
        expect(got()).toEqual([4]);
        expect((await webhooks.recover({ endpointId, since })).data.requeued).toBe(3);
        expect((await webhooks.recover({ endpointId: deaf.id, since })).data.requeued).toBe(0);
        await deliver();
        expect(got().sort()).toEqual([1, 2, 3, 4]);
        expect(other.received).toEqual([]);
      });

      it('sends nothing again that was under way when the endpoint was disabled, and arrived', async () => {
        const { id: endpointId } = await begin();
        const since = iso(server.clock.now());
        let answer = () => {};
        mailbox.reply(() => new Promise((resolve) => (answer = () => resolve({ status: 200 }))));
        await vendor.license();
        const delivered = deliver();
        await expect.poll(() => mailbox.received.length).toBe(1);
        await webhooks.update({ endpointId, enabled: false });
        expect(only(await webhooks.deliveries({})).status).toBe('canceled');
        answer();
        await delivered;
        expect(only(await webhooks.deliveries({}))).toMatchObject({ status: 'delivered', attempts: 1 });
        await webhooks.update({ endpointId, enabled: true });
        expect((await webhooks.recover({ endpointId, since })).data.requeued).toBe(0);
      });

      it('leaves alone what is on its way', async () => {
        const { id: endpointId } = await begin();
        mailbox.reply({ status: 500 });
        const since = iso(server.clock.now());
        await happen();
        const before = await webhooks.deliveries({});
        expect((await webhooks.recover({ endpointId, since })).data.requeued).toBe(0);
        expect((await webhooks.deliveries({})).data).toEqual(before.data);
      });

      it('asked for 20 times at once, still sends each once', async () => {
        await happen(5);
        const { id: endpointId } = await begin();
        const since = iso(server.clock.now() - dayMs);
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => webhooks.recover({ endpointId, since })),
        );
        expect(answers.map(({ error }) => error)).toEqual(Array(20).fill(undefined));
        expect(answers.reduce((sum, { data }) => sum + data.requeued, 0)).toBe(5);
        await deliver();
        expect(got().sort()).toEqual([1, 2, 3, 4, 5]);
      });

      it('is refused while the endpoint is disabled, and changes nothing', async () => {
        const { id: endpointId } = await begin({ enabled: false });
        const before = await allRows(server);
        const answer = await webhooks.recover({ endpointId, since: iso(server.clock.now() - dayMs) });
        expect([answer.status, answer.error]).toMatchObject([
          409,
          { code: 'CONFLICT', details: { reason: 'endpoint_disabled' } },
        ]);
        expect(await allRows(server)).toEqual(before);
      });

      it('is in the audit log, with how much it was', async () => {
        await happen(2);
        const { id: endpointId } = await begin();
        const since = iso(server.clock.now() - dayMs);
        await webhooks.recover({ endpointId, since });
        const { audit } = await sideEffects(server, vendor);
        expect(audit.at(-1)).toMatchObject({
          action: 'webhook_endpoint.recovered',
          target_id: endpointId,
          after: { since, requeued: 2 },
        });
      });
    });

    describe('redeliver', () => {
      it.each(['delivered', 'failed', 'pending'] as const)(
        'sends one that is %s again: the same id and bytes, now, with all its attempts',
        async (state) => {
          await begin();
          mailbox.reply({ status: state === 'delivered' ? 200 : 500 });
          await happen();
          if (state === 'failed') await giveUp();
          const before = only(await webhooks.deliveries({}));
          expect(before.status).toBe(state);
          mailbox.reply({ status: 500 });
          const answer = await webhooks.redeliver({ deliveryId: before.id });
          expect(answer.data).toMatchObject({ id: before.id, status: 'pending', attempts: 0 });
          await deliver();
          mailbox.reply({ status: 200 });
          server.clock.advance(10_000);
          await deliver();
          const [first, second, third] = mailbox.received;
          expect(mailbox.received).toHaveLength(3);
          for (const repeated of [second, third]) {
            expect([repeated?.id, repeated?.body]).toEqual([first?.id, first?.body]);
          }
          const { data } = await webhooks.delivery({ deliveryId: before.id });
          expect(data).toMatchObject({ status: 'delivered', attempts: 2, next_attempt_at: null });
          expect(data.attempts_log.map(({ number }) => number)).toEqual([1, 1, 2]);
          const { audit } = await sideEffects(server, vendor);
          expect(audit.at(-1)).toMatchObject({
            action: 'webhook_delivery.redelivered',
            target_id: before.id,
            before: { status: state },
            after: { status: 'pending', attempts: 0 },
          });
        },
      );

      it('is refused while the endpoint is disabled', async () => {
        const { id: endpointId } = await begin();
        await happen();
        await webhooks.update({ endpointId, enabled: false });
        const { id: deliveryId } = only(await webhooks.deliveries({}));
        const answer = await webhooks.redeliver({ deliveryId });
        expect([answer.status, answer.error]).toMatchObject([
          409,
          { code: 'CONFLICT', details: { reason: 'endpoint_disabled' } },
        ]);
        await deliver();
        expect(mailbox.received).toHaveLength(1);
      });
    });

    it('recovers no more than 10,000 events at a time, says that there are others, and goes on from there', async () => {
      const since = iso(server.clock.now());
      await vendor.license();
      await addEvents(server, vendor, 10_049);
      const { id: endpointId } = await begin();
      const answers = [];
      for (let n = 0; n < 3; n++) answers.push((await webhooks.recover({ endpointId, since })).data);
      expect(answers).toEqual([
        { requeued: 10_000, has_more: true },
        { requeued: 50, has_more: false },
        { requeued: 0, has_more: false },
      ]);
      await webhooks.remove({ endpointId });
    });

    it('what ended 30 days ago is forgotten with its attempts; what waits and what is newer stays', async () => {
      await begin();
      await happen();
      server.clock.advance(dayMs);
      mailbox.reply({ status: 500 });
      await happen();
      server.clock.advance(29 * dayMs - hourMs);
      await deliver();
      const { account_id } = vendor;
      expect(await countRows(server, 'webhook_deliveries', { account_id })).toBe(2);
      server.clock.advance(2 * hourMs);
      await deliver();
      expect((await webhooks.deliveries({})).data).toMatchObject([{ sequence: 2 }]);
      const attempts = await server.platform.database('webhook_attempts').where({ account_id });
      expect(new Set(attempts.map(({ delivery_id }) => delivery_id)).size).toBe(1);
      expect(await countRows(server, 'events', { account_id })).toBe(2);
    });
  });
});
