import { beforeEach, describe, expect, it } from 'vitest';
import { iso } from '../support/app.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { allRows } from '../support/tables.ts';
import { useServer, webhooksToThisMachine } from '../support/test-server.ts';
import { isSignedWith, type Mailbox, useReceiver } from '../support/webhook-receiver.ts';
import { type EndpointWithSecret, newEndpoint, webhooksOf } from '../support/webhooks.ts';

eachDatabase((database) => {
  const server = useServer(database, webhooksToThisMachine);
  const receiver = useReceiver();

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let mailbox: Mailbox;
    beforeEach(async () => {
      vendor = await createVendor(server);
      mailbox = receiver.mailbox();
    });
    const webhooks = webhooksOf(door, () => vendor);
    const begin = (more: Record<string, unknown> = {}): Promise<EndpointWithSecret> =>
      newEndpoint(webhooks, { url: mailbox.url, ...more });

    describe('ping', () => {
      it('is sent and signed at once, also to a disabled endpoint, is no event and leaves no delivery', async () => {
        for (const enabled of [true, false]) {
          const { id: endpointId, secret } = await begin({ enabled, events: ['payment.*'] });
          mailbox.reply({ status: 202, body: 'pong' });
          const before = await allRows(server);
          const { data } = await webhooks.ping({ endpointId });
          expect(data).toEqual({
            ...{ started_at: iso(server.clock.now()), duration_ms: expect.any(Number) },
            ...{ outcome: 'delivered', status: 202, error: null, response_body: 'pong' },
          });
          const received = mailbox.received.at(-1);
          if (!received) throw new Error('Nothing arrived.');
          expect(isSignedWith(secret, received)).toBe(true);
          expect(received.headers).toMatchObject({ 'x-webhook-event': 'ping', 'x-webhook-attempt': '1' });
          expect(JSON.parse(received.body)).toEqual({
            ...{ id: received.id, type: 'ping', created_at: iso(server.clock.now()) },
            ...{ account_id: vendor.account_id, data: { endpoint_id: endpointId } },
          });
          expect(await allRows(server)).toEqual(before);
        }
        expect(mailbox.received).toHaveLength(2);
      });

      it.each([
        [{ status: 500, body: 'no' } as const, { status: 500, error: 'status', response_body: 'no' }],
        [{ status: 410 } as const, { status: 410, error: 'status' }],
        ['hang' as const, { status: null, error: 'timeout' }],
        ['drop' as const, { status: null, error: 'connection' }],
      ])('says what went wrong, and judges nobody: %j', async (reply, outcome) => {
        const { id: endpointId } = await begin();
        mailbox.reply(reply);
        const answer = await webhooks.ping({ endpointId });
        expect(answer.status).toBe(200);
        expect(answer.data).toMatchObject({ outcome: 'failed', ...outcome });
        expect((await webhooks.get({ endpointId })).data).toMatchObject({
          ...{ enabled: true, failing_since: null, version: 1 },
        });
      });
    });
  });
});
