import type { WebhookEndpoint } from '@thrivetech/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { dayMs, fromTimestamp, hourMs, minuteMs, secondMs } from '../../src/platform/clock.ts';
import { iso } from '../support/app.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer, webhooksToThisMachine } from '../support/test-server.ts';
import { type Mailbox, type Reply, useReceiver } from '../support/webhook-receiver.ts';
import { type EndpointWithSecret, newEndpoint, webhooksOf } from '../support/webhooks.ts';

/** What is waited for after each attempt that fails, give or take a fifth (webhooks.md). */
const waitsMs = [
  5 * secondMs,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
];

eachDatabase((database) => {
  // A receiver that hangs is given up soon: this is the only real wait here.
  const sending = { limits: { connectMs: 100, totalMs: 100 } };
  const server = useServer(database, { ...webhooksToThisMachine, sending });
  const receiver = useReceiver();
  const deliver = () => server.platform.jobs.runDue();

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let mailbox: Mailbox;
    let endpoint: EndpointWithSecret;
    beforeEach(async () => {
      vendor = await createVendor(server);
      mailbox = receiver.mailbox();
      endpoint = await newEndpoint(webhooks, { url: mailbox.url });
    });
    const webhooks = webhooksOf(door, () => vendor);
    const now = () => server.clock.now();
    const onlyDelivery = async () => {
      const { data } = await webhooks.deliveries({});
      const [delivery, ...others] = data;
      if (!delivery || others.length > 0) throw new Error(`${data.length} deliveries instead of one.`);
      return delivery;
    };
    const dueAt = async () => fromTimestamp((await onlyDelivery()).next_attempt_at ?? '');
    const read = async (): Promise<WebhookEndpoint> => (await webhooks.get({ endpointId: endpoint.id })).data;
    /** Something happens, and is sent. */
    const happen = async () => {
      await vendor.license();
      await deliver();
    };
    const audited = async () =>
      server.platform
        .database('audit_entries')
        .where({ account_id: vendor.account_id, action: 'webhook_endpoint.disabled' });

    it('ten attempts are made at the times that are promised, each is in the log, and no more follow', async () => {
      const elsewhere = receiver.mailbox();
      const long = 'é'.repeat(3_000);
      const failures: [Reply, object][] = [
        [
          { status: 500, body: long },
          { status: 500, error: 'status', response_body: 'é'.repeat(1_024) },
        ],
        [{ status: 404 }, { status: 404, error: 'status', response_body: null }],
        ['drop', { status: null, error: 'connection', response_body: null }],
        ['hang', { status: null, error: 'timeout', response_body: null }],
        [
          { status: 307, headers: { location: elsewhere.url } },
          { status: 307, error: 'redirect' },
        ],
        [
          { status: 301, headers: { location: elsewhere.url } },
          { status: 301, error: 'redirect' },
        ],
        [
          { status: 401, body: 'no\0body' },
          { status: 401, error: 'status', response_body: 'no\ufffdbody' },
        ],
        [{ status: 400 }, { status: 400, error: 'status' }],
        [{ status: 503 }, { status: 503, error: 'status' }],
        [{ status: 599 }, { status: 599, error: 'status' }],
      ];
      mailbox.reply(() => failures[mailbox.received.length - 1]?.[0] ?? { status: 200 });
      const begun: number[] = [now()];
      await happen();
      for (const [index, wait] of waitsMs.entries()) {
        const at = await dueAt();
        expect((at - now()) / wait).toBeGreaterThanOrEqual(0.8);
        expect((at - now()) / wait).toBeLessThanOrEqual(1.2);
        server.clock.set(at - 1);
        await deliver();
        expect(mailbox.received).toHaveLength(index + 1);
        server.clock.advance(1);
        begun.push(now());
        await deliver();
        expect(mailbox.received).toHaveLength(index + 2);
      }
      const delivery = await onlyDelivery();
      expect(delivery).toMatchObject({
        ...{ status: 'failed', attempts: 10, next_attempt_at: null, last_status: 599, last_error: 'status' },
      });
      server.clock.advance(30 * hourMs);
      await deliver();
      expect(mailbox.received.map(({ headers }) => headers['x-webhook-attempt'])).toEqual(
        Array.from({ length: 10 }, (_, n) => String(n + 1)),
      );
      expect(elsewhere.received).toEqual([]);
      const { attempts_log } = (await webhooks.delivery({ deliveryId: delivery.id })).data;
      expect(attempts_log).toMatchObject(
        failures.map(([, expected], index) => ({
          ...{ number: index + 1, outcome: 'failed', started_at: iso(begun[index] ?? 0) },
          ...expected,
        })),
      );
      const hung = attempts_log[3]?.duration_ms ?? 0;
      expect(hung).toBeGreaterThanOrEqual(95);
      expect((await read()).enabled).toBe(true);
    });

    it('a success ends it: nothing follows, and the endpoint is not failing', async () => {
      mailbox.reply(() => ({ status: mailbox.received.length < 3 ? 500 : 202 }));
      await happen();
      expect((await read()).failing_since).toBe(iso(now()));
      for (let retry = 0; retry < 2; retry++) {
        server.clock.set(await dueAt());
        await deliver();
      }
      expect(await onlyDelivery()).toMatchObject({
        ...{ status: 'delivered', attempts: 3, next_attempt_at: null, last_status: 202, last_error: null },
      });
      expect((await read()).failing_since).toBeNull();
      server.clock.advance(5 * dayMs);
      await deliver();
      expect(mailbox.received).toHaveLength(3);
    });

    describe('a receiver that asks to be left alone', () => {
      it.each<[string, string, number]>([
        ['for an hour', '3600', hourMs],
        ['until a date', 'date', 2 * hourMs],
        ['for longer than a day, gets a day', '999999', dayMs],
      ])('%s', async (_name, header, waitMs) => {
        // A date has whole seconds.
        server.clock.set(Math.ceil(now() / secondMs) * secondMs);
        const retryAfter = header === 'date' ? new Date(now() + waitMs).toUTCString() : header;
        mailbox.reply({ status: 429, headers: { 'retry-after': retryAfter } });
        await happen();
        expect((await dueAt()) - now()).toBe(waitMs);
      });

      it.each(['0', '1', 'soon', 'Thu, 01 Jan 1970 00:00:00 GMT', '-5', '99999999999999'])(
        'is asked no earlier than planned, and not never: %s',
        async (retryAfter) => {
          mailbox.reply({ status: 503, headers: { 'retry-after': retryAfter } });
          await happen();
          expect((await dueAt()) - now()).toBeGreaterThanOrEqual(4 * secondMs);
          expect((await dueAt()) - now()).toBeLessThanOrEqual(dayMs);
        },
      );
    });

    it('410 disables the endpoint at once, in the name of the system; what waits is canceled', async () => {
      mailbox.reply({ status: 500 });
      await happen();
      mailbox.reply({ status: 410 });
      await happen();
      expect(await read()).toMatchObject({ enabled: false, disabled_reason: 'gone', version: 2 });
      const { data } = await webhooks.deliveries({});
      expect(data.map(({ status, next_attempt_at }) => [status, next_attempt_at])).toEqual(
        Array(2).fill(['canceled', null]),
      );
      const [entry, ...others] = await audited();
      expect(others).toEqual([]);
      expect(entry).toMatchObject({
        ...{ actor_id: 'system', actor_type: 'system', target_id: endpoint.id, created_at: now() },
      });
      expect(JSON.parse(entry.before)).toMatchObject({ enabled: true, disabled_reason: null });
      expect(JSON.parse(entry.after)).toMatchObject({ enabled: false, disabled_reason: 'gone' });
      expect((await sideEffects(server, vendor)).events).toHaveLength(2);

      mailbox.reply({ status: 200 });
      await happen();
      server.clock.advance(dayMs);
      await deliver();
      expect(mailbox.received).toHaveLength(2);
      // It comes back like any other.
      expect((await webhooks.update({ endpointId: endpoint.id, enabled: true })).data).toMatchObject({
        ...{ enabled: true, disabled_reason: null },
      });
      await happen();
      expect(mailbox.received).toHaveLength(3);
    });

    describe('an endpoint at which everything fails', () => {
      it('is disabled after five days, not a moment earlier, and the audit log says by whom', async () => {
        mailbox.reply({ status: 500 });
        const since = now();
        await happen();
        for (let day = 1; day < 5; day++) {
          server.clock.set(since + day * dayMs);
          await happen();
        }
        server.clock.set(since + 5 * dayMs - 1);
        await happen();
        expect(await read()).toMatchObject({ enabled: true, failing_since: iso(since) });
        expect(await audited()).toEqual([]);
        server.clock.advance(1);
        await happen();
        expect(await read()).toMatchObject({
          ...{ enabled: false, disabled_reason: 'failing', failing_since: iso(since) },
        });
        expect((await webhooks.deliveries({ status: 'pending' })).data).toEqual([]);
        expect(await audited()).toMatchObject([{ actor_id: 'system', created_at: since + 5 * dayMs }]);
        const before = mailbox.received.length;
        await happen();
        expect(mailbox.received).toHaveLength(before);
      });

      it('gets five days anew after one success in between', async () => {
        mailbox.reply({ status: 500 });
        const since = now();
        await happen();
        server.clock.advance(3 * dayMs);
        mailbox.reply(({ headers }) => ({ status: headers['x-webhook-attempt'] === '1' ? 200 : 500 }));
        await happen();
        const restarted = now();
        mailbox.reply({ status: 500 });
        server.clock.advance(hourMs);
        await happen();
        const failingSince = now();
        for (const day of [5, 7.9]) {
          server.clock.set(since + day * dayMs);
          await happen();
          expect((await read()).enabled, `day ${day}`).toBe(true);
        }
        expect(failingSince).toBeGreaterThan(restarted);
        expect((await read()).failing_since).toBe(iso(failingSince));
        server.clock.set(failingSince + 5 * dayMs);
        await happen();
        expect(await read()).toMatchObject({ enabled: false, disabled_reason: 'failing' });
      });

      it('and is enabled again gets five days again', async () => {
        mailbox.reply({ status: 500 });
        await happen();
        server.clock.advance(5 * dayMs);
        await happen();
        expect((await read()).enabled).toBe(false);
        await webhooks.update({ endpointId: endpoint.id, enabled: true });
        await happen();
        expect(await read()).toMatchObject({ enabled: true, failing_since: iso(now()) });
      });
    });
  });
});
