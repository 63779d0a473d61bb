import { request as httpRequest } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { compose, type Platform } from '../../src/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { type Collector, type SentSpan, startCollector } from '../../src/platform/otlp-collector.fixtures.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { sendingInTests, TestClock, webhooksToThisMachine } from '../support/test-server.ts';
import { useReceiver } from '../support/webhook-receiver.ts';
import { newEndpoint, webhooksOf } from '../support/webhooks.ts';

eachDatabase((kind) => {
  describe('a server that traces', () => {
    const receiver = useReceiver();
    const clock = new TestClock();
    let database: TestDatabase;
    let collector: Collector;
    let platform: Platform;
    let baseUrl = '';
    let vendor: Vendor;
    beforeAll(async () => {
      // Of the SDK: how often it sends what has gathered.
      vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '50');
      database = await createTestDatabase(kind);
      collector = await startCollector();
      platform = await compose({
        config: {
          ...readConfig({
            DATA_DIR: database.dataDir,
            DATABASE_URL: database.databaseUrl,
            OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
          }),
          ...webhooksToThisMachine,
        },
        log: createLogger('silent'),
        clock,
        sending: sendingInTests,
      });
      baseUrl = await platform.app.listen({ host: '127.0.0.1', port: 0 });
      vendor = await createVendor({ platform, clock, baseUrl, logLines: [] });
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      await platform?.close();
      await collector?.close();
      await database?.remove();
    });

    const isSeen = (what: (spans: SentSpan[]) => boolean) =>
      expect.poll(() => what(collector.spans()), { timeout: 20_000, interval: 100 }).toBe(true);
    const insideOf = (spans: SentSpan[], parent: SentSpan | undefined) =>
      spans.filter(({ parentSpanId }) => parent && parentSpanId === parent.spanId);
    const at = (spans: SentSpan[], name: string, request_id: string) =>
      spans.find((span) => span.name === name && span.attributes['thrive.request_id'] === request_id);

    it.each(['rest', 'trpc'] as const)(
      'tells of an activation at the %s door: request, procedure, transaction and statements inside each other',
      async (door) => {
        const traceId = door === 'rest' ? 'a'.repeat(32) : 'b'.repeat(32);
        const license = await vendor.license();
        const device = machine();
        const [path, route] =
          door === 'rest'
            ? ['/api/v1/activate', '/api/v1/activate']
            : ['/trpc/activations.activate', '/trpc/:path'];
        const answer = await fetch(baseUrl + path, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${vendor.channel}`,
            traceparent: `00-${traceId}-${'1'.repeat(16)}-01`,
          },
          body: JSON.stringify({ license_key: license.key, device }),
        });
        expect(answer.ok).toBe(true);
        const request_id = answer.headers.get('x-request-id') ?? '';
        await isSeen((spans) => at(spans, `POST ${route}`, request_id) !== undefined);
        const spans = collector.spans();
        const whole = at(spans, `POST ${route}`, request_id);
        expect(whole).toMatchObject({
          traceId,
          parentSpanId: '1'.repeat(16),
          attributes: {
            'http.route': route,
            'http.response.status_code': answer.status,
            'thrive.account_id': vendor.account_id,
            'thrive.key_type': 'channel',
          },
        });
        const [procedure, ...others] = insideOf(spans, whole);
        expect([procedure?.name, others]).toEqual(['activations.activate', []]);
        const transaction = insideOf(spans, procedure).find(({ name }) => name === 'transaction');
        const statements = insideOf(spans, transaction).map(({ name }) => name);
        expect(statements).toContain('INSERT');
        const system = kind === 'sqlite' ? 'sqlite' : 'postgresql';
        expect(insideOf(spans, transaction)[0]?.attributes['db.system.name']).toBe(system);
        const all = collector.bodies.join('');
        for (const secret of [license.key, device.fingerprint, vendor.channel, vendor.admin])
          expect(all).not.toContain(secret);
      },
    );

    it('keeps the statements of forty activations at once apart', async () => {
      const license = await vendor.license({ device_limit: 100 });
      const before = collector.spans().length;
      const answers = await Promise.all(
        Array.from({ length: 40 }, () =>
          fetch(`${baseUrl}/api/v1/activate`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', authorization: `Bearer ${vendor.channel}` },
            body: JSON.stringify({ license_key: license.key, device: machine() }),
          }),
        ),
      );
      expect(answers.every(({ status }) => status === 201)).toBe(true);
      const ids = answers.map(({ headers }) => headers.get('x-request-id') ?? '');
      await isSeen((spans) => ids.every((id) => at(spans, 'POST /api/v1/activate', id)));
      const spans = collector.spans().slice(before);
      for (const id of ids) {
        const whole = at(spans, 'POST /api/v1/activate', id);
        const mine = spans.filter(({ traceId }) => traceId === whole?.traceId);
        const devices = mine.filter(({ attributes }) =>
          /insert into .?devices/i.test(String(attributes['db.query.text'])),
        );
        expect(devices).toHaveLength(1);
        expect(mine.filter(({ name }) => name === 'transaction')).toHaveLength(1);
      }
    });

    it('tells of a refusal by its code, and of what is not there by no path', async () => {
      const refused = await fetch(`${baseUrl}/api/v1/products`, {
        headers: { authorization: `Bearer ${vendor.channel}` },
      });
      const lost = await fetch(`${baseUrl}/api/v1/nothing-of-mine?secret=1`);
      expect([refused.status, lost.status]).toEqual([403, 404]);
      const id = (answer: Response) => answer.headers.get('x-request-id') ?? '';
      await isSeen((spans) =>
        Boolean(at(spans, 'GET /api/v1/products', id(refused)) && at(spans, 'GET unknown', id(lost))),
      );
      const spans = collector.spans();
      const [procedure] = insideOf(spans, at(spans, 'GET /api/v1/products', id(refused)));
      expect(procedure).toMatchObject({ status: 0, attributes: { 'error.type': 'PERMISSION_DENIED' } });
      expect(collector.bodies.join('')).not.toContain('nothing-of-mine');
    });

    it('tells of a caller who hangs up', async () => {
      const hung = new Promise<void>((resolve) => {
        const call = httpRequest(`${baseUrl}/api/v1/products`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'content-length': '1000',
            'x-request-id': 'hangs-up-in-time',
            authorization: `Bearer ${vendor.admin}`,
          },
        });
        call.on('error', () => resolve());
        call.write('{', () => nextTurn().then(() => call.destroy()));
      });
      await hung;
      await isSeen((spans) => at(spans, 'POST /api/v1/products', 'hangs-up-in-time') !== undefined);
      const span = at(collector.spans(), 'POST /api/v1/products', 'hangs-up-in-time');
      expect(span?.attributes['error.type']).toMatch(/./);
    });

    it('tells of a job, and of the webhook it sends, apart from the request that caused it', async () => {
      const mailbox = receiver.mailbox();
      mailbox.reply({ status: 503 });
      const webhooks = webhooksOf(
        restDoor(() => baseUrl),
        () => vendor,
      );
      await newEndpoint(webhooks, { url: mailbox.url, events: ['*'] });
      platform.jobs.start();
      await vendor.license();
      await expect.poll(() => mailbox.received.length, { timeout: 20_000 }).toBeGreaterThan(0);
      const sent = (spans: SentSpan[]) => spans.find(({ name }) => name === 'webhooks.send');
      await isSeen((spans) => spans.some(({ spanId }) => spanId === sent(spans)?.parentSpanId));
      const spans = collector.spans();
      const sending = sent(spans);
      expect(sending).toMatchObject({
        kind: 3,
        attributes: {
          'thrive.event_id': mailbox.received[0]?.id,
          'thrive.event_type': 'license.created',
          'thrive.attempt': 1,
          'http.response.status_code': 503,
          'error.type': 'status',
        },
      });
      const job = spans.find(({ spanId }) => spanId === sending?.parentSpanId);
      expect(job).toMatchObject({
        parentSpanId: null,
        kind: 5,
        name: 'webhooks.deliver',
        attributes: { 'thrive.job': 'webhooks.deliver', 'thrive.attempt': 1 },
      });
      expect(collector.bodies.join('')).not.toContain(new URL(mailbox.url).pathname);
    });

    it('has a trace of no statement that nobody asked for', async () => {
      // A parent comes after what is inside it.
      const kindsAlone = () => {
        const spans = collector.spans();
        const known = new Set(spans.map(({ spanId }) => spanId));
        const alone = spans.filter(({ parentSpanId }) => parentSpanId === null || !known.has(parentSpanId));
        return [...new Set(alone.map((span) => span.kind))].sort();
      };
      await expect.poll(kindsAlone, { timeout: 5_000, interval: 100 }).toEqual([2, 5]);
    });
  });
});
