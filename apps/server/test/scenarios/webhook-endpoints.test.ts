import {
  createWebhookEndpoint,
  listAuditEntries,
  listEvents,
  listWebhookEndpoints,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { allRows, countRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';
import { newEndpoint, webhooksOf } from '../support/webhooks.ts';

const url = 'https://hooks.example.com/thrive';
const starter = { plan_code: 'starter', rate_per_minute: 10_000, rate_per_hour: 10_000 };

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const webhooks = webhooksOf(door, () => vendor);

    describe('the secret', () => {
      it('is shown when it is made, and never again: in no answer, table or log line', async () => {
        const headers = { 'idempotency-key': unique('endpoint') };
        const made = await door.call<{ id: string; secret: string }>(
          createWebhookEndpoint,
          { url },
          { key: vendor.admin, headers },
        );
        const endpointId = made.data.id;
        const rotated = await webhooks.rotate({ endpointId });
        const secrets = [made.data.secret, rotated.data.secret];
        for (const secret of secrets) expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
        expect(new Set(secrets).size).toBe(2);

        await vendor.license();
        await server.platform.jobs.runDue();
        const seen = [
          await webhooks.get({ endpointId }),
          await webhooks.get({ endpointId }, vendor.read_only),
          await door.call(listWebhookEndpoints, {}, { key: vendor.admin }),
          await door.call(listWebhookEndpoints, {}, { key: vendor.read_only }),
          await webhooks.update({ endpointId, description: 'For orders' }),
          await webhooks.ping({ endpointId }),
          await webhooks.deliveries({}),
          await door.call(listAuditEntries, { limit: 100 }, { key: vendor.admin }),
          await door.call(listEvents, { limit: 100 }, { key: vendor.admin }),
        ];
        expect(seen.map(({ success }) => success)).not.toContain(false);
        const text = JSON.stringify([seen, await allRows(server), server.logLines]);
        for (const secret of secrets) {
          const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
          for (const form of [
            secret,
            bytes.toString('base64'),
            bytes.toString('base64url'),
            bytes.toString('hex'),
          ])
            expect(text).not.toContain(form);
        }
        expect(JSON.stringify(seen)).not.toMatch(/whsec_|sealed/);
      });
    });

    it('the limit of the plan is kept; a refused create leaves nothing, and deleting frees a place', async () => {
      const limited = await createVendor(server, starter);
      const own = webhooksOf(door, () => limited);
      const first = await newEndpoint(own, { url });
      await newEndpoint(own, { url, enabled: false });
      const before = await allRows(server);
      const refused = await own.create({ url });
      expect([refused.status, refused.error]).toMatchObject([
        403,
        {
          code: 'PLAN_LIMIT_REACHED',
          details: { metric: 'webhook_endpoints', limit: 2, used: 2, plan: 'starter' },
        },
      ]);
      expect(await allRows(server)).toEqual(before);
      expect((await own.remove({ endpointId: first.id })).success).toBe(true);
      expect((await own.create({ url })).success).toBe(true);
      expect((await own.create({ url })).error?.code).toBe('PLAN_LIMIT_REACHED');
    });

    it('of 50 creates at once against a limit of two, exactly two succeed', async () => {
      const limited = await createVendor(server, starter);
      const own = webhooksOf(door, () => limited);
      const answers = await Promise.all(Array.from({ length: 50 }, () => own.create({ url })));
      const codes = answers.map(({ error }) => error?.code ?? 'created');
      expect(codes.filter((code) => code === 'created')).toHaveLength(2);
      expect(codes.filter((code) => code === 'PLAN_LIMIT_REACHED')).toHaveLength(48);
      const { account_id } = limited;
      expect(await countRows(server, 'webhook_endpoints', { account_id })).toBe(2);
      expect((await sideEffects(server, limited)).audit.map(({ action }) => action)).toEqual(
        Array(2).fill('webhook_endpoint.created'),
      );
    });

    it('a pattern of events that can never match is a 400 that names it', async () => {
      const { id: endpointId } = await newEndpoint(webhooks, { url });
      for (const events of [
        ['license.*', 'license.made'],
        ['*', 'license'],
        ['*', 'device.*'],
        ['*', ''],
      ]) {
        for (const answer of [
          await webhooks.create({ url, events }),
          await webhooks.update({ endpointId, events }),
        ]) {
          expect([answer.status, answer.error]).toMatchObject([
            400,
            { code: 'VALIDATION_ERROR', details: [{ path: 'events.1' }] },
          ]);
        }
      }
      for (const events of [[], Array(21).fill('*')]) {
        expect((await webhooks.create({ url, events })).error?.details).toMatchObject([{ path: 'events' }]);
      }
    });

    it('an update is guarded by the version that its caller saw', async () => {
      const { id: endpointId, version } = await newEndpoint(webhooks, { url });
      const first = await webhooks.update({ endpointId, description: 'one', version });
      expect(first.data).toMatchObject({ description: 'one', version: version + 1 });
      const before = await allRows(server);
      const late = await webhooks.update({ endpointId, description: 'two', version });
      expect([late.status, late.error?.code]).toEqual([409, 'CONFLICT']);
      expect(await allRows(server)).toEqual(before);
      expect((await webhooks.get({ endpointId })).data.description).toBe('one');
    });

    it('every change of an endpoint is in the audit log, with what was and what is', async () => {
      const owner = await createVendor(server);
      const own = webhooksOf(door, () => owner);
      const { id: endpointId } = await newEndpoint(own, { url, events: ['payment.*'] });
      await own.update({ endpointId, url: `${url}/2`, events: ['*'] });
      await own.rotate({ endpointId });
      await own.recover({ endpointId, since: '2026-01-26T12:00:00.000Z' });
      await own.update({ endpointId, enabled: false });
      await own.remove({ endpointId });
      const { audit, events } = await sideEffects(server, owner);
      expect(events).toEqual([]);
      expect(audit).toMatchObject([
        { action: 'webhook_endpoint.created', before: null, after: { url, events: ['payment.*'] } },
        { action: 'webhook_endpoint.updated', before: { url }, after: { url: `${url}/2`, events: ['*'] } },
        { action: 'webhook_endpoint.secret_rotated', before: { version: 2 }, after: { version: 3 } },
        { action: 'webhook_endpoint.recovered', after: { since: '2026-01-26T12:00:00.000Z', requeued: 0 } },
        {
          action: 'webhook_endpoint.updated',
          before: { enabled: true, disabled_reason: null },
          after: { enabled: false, disabled_reason: 'manual' },
        },
        { action: 'webhook_endpoint.deleted', before: { id: endpointId, enabled: false }, after: null },
      ]);
      expect(new Set(audit.map(({ target_id }) => target_id))).toEqual(new Set([endpointId]));
    });
  });
});
