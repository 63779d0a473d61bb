import { createLicenses, createWebhookEndpoint } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { afterEach, expect, it } from 'vitest';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { expectEventsInOrder } from '../support/seat-invariants.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';
import { isSignedWith, type Mailbox, useReceiver } from '../support/webhook-receiver.ts';
import type { EndpointWithSecret } from '../support/webhooks.ts';

const eventsCount = 10_000;
const kills = 5;
const licensesPerCall = 500;
const env = { WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8', WEBHOOK_ALLOW_HTTP: 'true' };

eachDatabase((kind) => {
  const receiver = useReceiver();
  let database: TestDatabase;
  let db: Knex | undefined;
  let servers: ServerProcess[] = [];
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    servers = [];
    await db?.destroy();
    await database?.remove();
  });

  it(`${eventsCount} events, a receiver that fails 30 % of the time, kill -9 of a delivering server ${kills} times: every event arrives, as it was written, and nothing is left over`, async () => {
    database = await createTestDatabase(kind);
    for (let n = 0; n < (kind === 'postgres' ? 2 : 1); n++) servers.push(await startServer(database, env));
    const { admin_key, product_id } = servers[0]?.start ?? {};
    const look = openDatabase(database);
    db = look;
    const call = async <Data>(server: ServerProcess | undefined, contract: never, input: object) => {
      const door = restDoor(() => server?.start.base_url ?? '');
      const { data, error } = await door.call<Data>(contract, { ...input }, { key: admin_key ?? '' });
      if (error) throw new Error(JSON.stringify(error));
      return data;
    };
    const makeEvents = (server: ServerProcess | undefined) =>
      call(server, createLicenses as never, { licenses: Array(licensesPerCall).fill({ product_id }) });

    const mailbox = receiver.mailbox();
    const accepted = failAtRandom(mailbox);
    const { secret } = await call<EndpointWithSecret>(servers[0], createWebhookEndpoint as never, {
      url: mailbox.url,
    });

    for (let round = 0; round < kills; round++) {
      const victim = round % servers.length;
      const making = Promise.allSettled(Array.from({ length: 4 }, () => makeEvents(servers[victim])));
      const some = mailbox.received.length + 500 + 97 * round;
      await expect
        .poll(() => mailbox.received.length, { timeout: 30_000, interval: 5 })
        .toBeGreaterThan(some);
      await servers[victim]?.end('SIGKILL');
      // What was being made when it died is there as a whole, or not at all.
      await making;
      expect(await countWaiting(look)).toBeGreaterThan(0);
      await endLeases(look);
      await passTime(look);
      servers[victim] = await startServer(database, env);
    }
    while ((await countEvents(look)) < eventsCount) await Promise.all(servers.map(makeEvents));
    await expect
      .poll(
        async () => {
          await passTime(look);
          return (await isHandedOut(look)) && (await countWaiting(look)) === 0;
        },
        { timeout: 120_000, interval: 500 },
      )
      .toBe(true);

    await expectEventsInOrder(look);
    const events: { id: string; sequence: number; body: string }[] = await look('events').orderBy('sequence');
    const stored = new Map(events.map(({ id, body }) => [id, body]));
    expect(events.length).toBeGreaterThanOrEqual(eventsCount);
    expect(new Set(accepted)).toEqual(new Set(stored.keys()));
    for (const received of mailbox.received) {
      if (received.body !== stored.get(received.id)) expect(received.body).toBe(stored.get(received.id));
      if (!isSignedWith(secret, received)) expect(received).toBe('signed');
    }
    const sequences = new Set(mailbox.received.map(({ body }) => JSON.parse(body).sequence));
    expect([...sequences].sort((a, b) => a - b)).toEqual(events.map(({ sequence }) => sequence));
    const deliveries = await look('webhook_deliveries').select('event_id', 'status', 'due_at');
    expect(deliveries).toHaveLength(events.length);
    expect(new Set(deliveries.map(({ event_id }) => event_id)).size).toBe(events.length);
    expect(new Set(deliveries.map(({ status, due_at }) => `${status} ${due_at}`))).toEqual(
      new Set(['delivered null']),
    );
  }, 300_000);
});

/** Refuses 30 % at random, but no event so often that it is given up. @returns what it has accepted. */
function failAtRandom(mailbox: Mailbox): Set<string> {
  const accepted = new Set<string>();
  const refusals = new Map<string, number>();
  mailbox.reply(({ id }) => {
    const refused = refusals.get(id) ?? 0;
    if (refused < 8 && Math.random() < 0.3) {
      refusals.set(id, refused + 1);
      return { status: 500 };
    }
    accepted.add(id);
    return { status: 200 };
  });
  return accepted;
}

// Retries wait for 5 seconds, then for 5 minutes and longer, and the lease of a dead worker ends after a minute. This
// test does not wait: it sets the times in the database back, as if they had passed.
async function passTime(db: Knex): Promise<void> {
  const now = Date.now();
  await db('webhook_deliveries').where('due_at', '>', now).update({ due_at: now });
  await db('jobs')
    .where({ kind: 'webhooks.deliver' })
    .where('lease_until', '<=', now)
    .update({ run_at: now });
}

/** Also the lease of a server that lives: as if it had stalled for a minute, which may cost no event either. */
const endLeases = (db: Knex) => db('jobs').where('lease_until', '>', 0).update({ lease_until: 0 });

const countEvents = async (db: Knex): Promise<number> =>
  Number((await db('events').count({ count: '*' }).first())?.['count']);
const countWaiting = async (db: Knex): Promise<number> =>
  Number((await db('webhook_deliveries').whereNotNull('due_at').count({ count: '*' }).first())?.['count']);

/** Has every event got its delivery? */
async function isHandedOut(db: Knex): Promise<boolean> {
  const counters = await db('account_counters').first('events', 'fanned_out');
  return counters?.fanned_out === counters?.events;
}
