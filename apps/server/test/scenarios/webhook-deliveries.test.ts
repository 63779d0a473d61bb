import {
  activateLicense,
  createLicense,
  deactivateLicense,
  type License,
  revokeLicense,
} from '@thrivetech/contracts';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { beforeEach, expect, it } from 'vitest';
import { fromTimestamp, hourMs, minuteMs, secondMs } from '../../src/platform/clock.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer, webhooksToThisMachine } from '../support/test-server.ts';
import { isSignedWith, type Mailbox, useReceiver } from '../support/webhook-receiver.ts';
import { newEndpoint, storedEvents, webhooksOf } from '../support/webhooks.ts';

eachDatabase((database) => {
  const server = useServer(database, webhooksToThisMachine);
  const receiver = useReceiver();
  const deliver = () => server.platform.jobs.runDue();
  const idsAt = (mailbox: Mailbox) => mailbox.received.map(({ id }) => id);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeEach(async () => {
      vendor = await createVendor(server);
    });
    const webhooks = webhooksOf(door, () => vendor);
    const events = () => storedEvents(server, vendor);
    const manage = (contract: Parameters<typeof door.call>[0], input: Record<string, unknown>) =>
      door.call(contract, input, { key: vendor.admin });
    /** Moves the clock to the next attempt of the only delivery that waits. */
    const untilNextAttempt = async () => {
      const { data } = await webhooks.deliveries({ status: 'pending' });
      const [waiting] = data;
      if (!waiting?.next_attempt_at) throw new Error('Nothing waits.');
      server.clock.set(fromTimestamp(waiting.next_attempt_at));
    };

    it('an endpoint gets exactly the events that it wants and that happened after it was created', async () => {
      const early = await vendor.license();
      const wants = {
        all: undefined,
        created: ['license.created'],
        devices: ['license.activated', 'license.deactivated'],
        licenses: ['license.*'],
        payments: ['payment.*', 'subscription.created'],
      };
      const mailboxes = new Map<string, Mailbox>();
      for (const [name, wanted] of Object.entries(wants)) {
        const mailbox = receiver.mailbox();
        mailboxes.set(name, mailbox);
        await newEndpoint(webhooks, { url: mailbox.url, ...(wanted && { events: wanted }) });
      }
      const license = await vendor.license();
      const device = machine();
      await manage(activateLicense, { license_key: license.key, device });
      await manage(deactivateLicense, { license_key: license.key, device });
      await manage(revokeLicense, { licenseId: early.id });
      await deliver();
      await deliver();

      const after = (await events()).slice(1);
      expect(after.map(({ type }) => type)).toEqual([
        'license.created',
        'license.activated',
        'license.deactivated',
        'license.revoked',
      ]);
      const [created, activated, deactivated, revoked] = after.map(({ id }) => id);
      const got = (name: string) => idsAt(mailboxes.get(name) as Mailbox).sort();
      expect(got('all')).toEqual([created, activated, deactivated, revoked].sort());
      expect(got('licenses')).toEqual(got('all'));
      expect(got('created')).toEqual([created]);
      expect(got('devices')).toEqual([activated, deactivated].sort());
      expect(got('payments')).toEqual([]);
    });

    it('a change that is rolled back sends nothing, and leaves no gap in the sequence', async () => {
      const { product_id } = await vendor.license();
      const mailbox = receiver.mailbox();
      await newEndpoint(webhooks, { url: mailbox.url });
      const { database: db } = server.platform;
      await db.schema.renameTable('audit_entries', 'audit_entries_away');
      const failed = await manage(createLicense, { product_id });
      await db.schema.renameTable('audit_entries_away', 'audit_entries');
      expect(failed.status).toBe(500);
      await deliver();
      expect(mailbox.received).toEqual([]);
      await manage(createLicense, { product_id });
      await deliver();
      expect(mailbox.received.map(({ body }) => JSON.parse(body).sequence)).toEqual([2]);
    });

    it('the body is the event as it is stored, byte for byte: to every endpoint, on every attempt', async () => {
      const [steady, shaky] = [receiver.mailbox(), receiver.mailbox()];
      const one = await newEndpoint(webhooks, { url: steady.url });
      const other = await newEndpoint(webhooks, { url: shaky.url });
      shaky.reply(() => ({ status: shaky.received.length < 3 ? 503 : 204 }));
      await vendor.license({ notes: 'Ünïcödé \u2028 "quoted" \\ 💡', metadata: { a: 1.5e300, b: '' } });
      await deliver();
      for (let retry = 0; retry < 2; retry++) {
        await untilNextAttempt();
        await deliver();
      }
      const [event] = await events();
      expect(steady.received.map(({ body }) => body)).toEqual([event?.body]);
      expect(shaky.received.map(({ body }) => body)).toEqual(Array(3).fill(event?.body));
      expect(new Set([...idsAt(steady), ...idsAt(shaky)])).toEqual(new Set([event?.id]));

      for (const [index, { headers, body, id }] of shaky.received.entries()) {
        expect(headers).toMatchObject({
          'content-type': 'application/json',
          'x-webhook-id': id,
          'x-webhook-event': 'license.created',
          'x-webhook-attempt': String(index + 1),
          'x-webhook-timestamp': headers['webhook-timestamp'],
          'x-webhook-signature': headers['webhook-signature'],
        });
        expect(JSON.parse(body)).toMatchObject({ id, account_id: vendor.account_id, sequence: 1 });
      }
      // Each attempt is signed with its own time, so that an old one is of no use to a listener.
      expect(new Set(shaky.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
      expect(shaky.received.every((received) => isSignedWith(other.secret, received))).toBe(true);
      expect(steady.received.some((received) => isSignedWith(other.secret, received))).toBe(false);
      for (const received of steady.received) expect(isSignedWith(one.secret, received)).toBe(true);
    });

    it('libraries of others verify what arrives, and refuse it when a byte is changed', async () => {
      server.clock.set(Date.now());
      const mailbox = receiver.mailbox();
      const { secret } = await newEndpoint(webhooks, { url: mailbox.url });
      await vendor.license();
      await deliver();
      const [received] = mailbox.received;
      if (!received) throw new Error('Nothing arrived.');
      for (const library of [new StandardWebhook(secret), new SvixWebhook(secret)]) {
        expect(library.verify(received.body, received.headers)).toMatchObject({ type: 'license.created' });
        const changed = received.body.replace('license.created', 'license.Created');
        expect(() => library.verify(changed, received.headers)).toThrow();
      }
    });

    it('changes at the same moment arrive once each, numbered without a gap, with a delivery that says so', async () => {
      const [first, second] = [receiver.mailbox(), receiver.mailbox()];
      const { id: endpoint_id } = await newEndpoint(webhooks, { url: first.url });
      await newEndpoint(webhooks, { url: second.url });
      const { id: product_id } = await vendor.product();
      const made = await Promise.all(Array.from({ length: 40 }, () => manage(createLicense, { product_id })));
      expect(made.filter(({ success }) => success)).toHaveLength(40);
      await deliver();
      const sequences = Array.from({ length: 40 }, (_, n) => n + 1);
      for (const mailbox of [first, second]) {
        const got = mailbox.received.map(({ body }) => JSON.parse(body).sequence);
        expect(got.sort((a, b) => a - b)).toEqual(sequences);
      }
      const { data } = await webhooks.deliveries({ endpoint_id, limit: 100 });
      expect(data.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual(sequences);
      expect(new Set(data.map(({ status, attempts }) => `${status} after ${attempts}`))).toEqual(
        new Set(['delivered after 1']),
      );
    });

    it('disabled, an endpoint gets nothing and what waits is canceled; enabled, it gets what happens from then on', async () => {
      const mailbox = receiver.mailbox();
      const { id: endpointId } = await newEndpoint(webhooks, { url: mailbox.url });
      mailbox.reply({ status: 500 });
      await vendor.license();
      await deliver();
      const disabled = await webhooks.update({ endpointId, enabled: false });
      expect(disabled.data).toMatchObject({ enabled: false, disabled_reason: 'manual' });
      expect((await webhooks.deliveries({})).data).toMatchObject([
        { status: 'canceled', attempts: 1, next_attempt_at: null },
      ]);
      await vendor.license();
      server.clock.advance(hourMs);
      await deliver();
      expect(mailbox.received).toHaveLength(1);

      mailbox.reply({ status: 200 });
      const enabled = await webhooks.update({ endpointId, enabled: true });
      expect(enabled.data).toMatchObject({ enabled: true, disabled_reason: null, failing_since: null });
      await deliver();
      expect(mailbox.received).toHaveLength(1);
      await vendor.license();
      await deliver();
      expect(mailbox.received.map(({ body }) => JSON.parse(body).sequence)).toEqual([1, 3]);
    });

    it('one that is made disabled gets only what happens after it was enabled', async () => {
      const mailbox = receiver.mailbox();
      const { id: endpointId } = await newEndpoint(webhooks, { url: mailbox.url, enabled: false });
      await vendor.license();
      await deliver();
      await webhooks.update({ endpointId, enabled: true });
      await vendor.license();
      await deliver();
      expect(mailbox.received.map(({ body }) => JSON.parse(body).sequence)).toEqual([2]);
    });

    it('what is changed about an endpoint holds for what is sent next, retries included', async () => {
      const [old, present] = [receiver.mailbox(), receiver.mailbox()];
      old.reply({ status: 500 });
      const { id: endpointId } = await newEndpoint(webhooks, { url: old.url });
      await vendor.license();
      await deliver();
      await webhooks.update({ endpointId, url: present.url, events: ['license.activated'] });
      await untilNextAttempt();
      const license: License = await vendor.license();
      await manage(activateLicense, { license_key: license.key, device: machine() });
      await deliver();
      expect(old.received).toHaveLength(1);
      const got = present.received.map(({ headers }) => headers['x-webhook-event']);
      expect(got.sort()).toEqual(['license.activated', 'license.created']);
    });

    it('a deleted endpoint gets nothing more, and its deliveries go with it', async () => {
      const mailbox = receiver.mailbox();
      mailbox.reply({ status: 500 });
      const { id: endpointId } = await newEndpoint(webhooks, { url: mailbox.url });
      await vendor.license();
      await deliver();
      await webhooks.remove({ endpointId });
      await vendor.license();
      server.clock.advance(hourMs);
      await deliver();
      expect(mailbox.received).toHaveLength(1);
      expect((await webhooks.deliveries({})).data).toEqual([]);
      expect((await webhooks.get({ endpointId })).status).toBe(404);
    });

    it('in ordered mode events arrive one by one as they happened; a failing one holds the others back a minute', async () => {
      const mailbox = receiver.mailbox();
      await newEndpoint(webhooks, { url: mailbox.url, ordered: true });
      for (let n = 0; n < 5; n++) await vendor.license();
      mailbox.reply(({ headers }) => ({ status: headers['x-webhook-attempt'] === '1' ? 500 : 200 }));
      await deliver();
      server.clock.advance(6 * secondMs);
      const got = () => mailbox.received.map(({ body }) => JSON.parse(body).sequence);
      expect(got()).toEqual([1]);
      mailbox.reply(({ body }) => ({ status: JSON.parse(body).sequence === 3 ? 500 : 200 }));
      await deliver();
      expect(got()).toEqual([1, 1, 2, 3]);
      server.clock.advance(53 * secondMs);
      await deliver();
      expect(got()).toEqual([1, 1, 2, 3, 3]);
      server.clock.advance(secondMs);
      await deliver();
      expect(got()).toEqual([1, 1, 2, 3, 3, 4, 5]);
    });

    it('deliveries are found by endpoint, event, state and time, and shown with what was sent and answered', async () => {
      const [good, bad] = [receiver.mailbox(), receiver.mailbox()];
      good.reply({ status: 201, body: 'thank you' });
      bad.reply({ status: 500, body: 'x'.repeat(5_000) });
      const one = await newEndpoint(webhooks, { url: good.url });
      const other = await newEndpoint(webhooks, { url: bad.url });
      const start = server.clock.now();
      await vendor.license();
      await deliver();
      server.clock.advance(minuteMs);
      await vendor.license();
      await deliver();
      const all = await events();
      const found = async (filter: Record<string, unknown>) =>
        (await webhooks.deliveries(filter, vendor.read_only)).data.map(
          ({ endpoint_id, sequence }) => `${endpoint_id === one.id ? 'good' : 'bad'} ${sequence}`,
        );
      expect((await found({ endpoint_id: one.id })).sort()).toEqual(['good 1', 'good 2']);
      expect((await found({ event_id: all[0]?.id })).sort()).toEqual(['bad 1', 'good 1']);
      expect((await found({ status: 'delivered' })).sort()).toEqual(['good 1', 'good 2']);
      const created_after = new Date(start).toISOString();
      expect((await found({ created_after, endpoint_id: other.id })).sort()).toEqual(['bad 2']);

      const { data } = await webhooks.deliveries({ endpoint_id: one.id, sort: 'created_at' });
      const details = await webhooks.delivery({ deliveryId: data[0]?.id }, vendor.read_only);
      expect(details.data).toEqual({
        ...data[0],
        body: all[0]?.body,
        attempts_log: [
          {
            number: 1,
            started_at: new Date(start).toISOString(),
            duration_ms: expect.any(Number),
            outcome: 'delivered',
            status: 201,
            error: null,
            response_body: 'thank you',
          },
        ],
      });
      const failing = await webhooks.deliveries({ endpoint_id: other.id, sort: 'created_at' });
      const long = await webhooks.delivery({ deliveryId: failing.data[0]?.id });
      expect(long.data.attempts_log[0]?.response_body).toBe('x'.repeat(2_048));
    });
  });
});
