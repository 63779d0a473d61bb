import { createLicense, createWebhookEndpoint } from '@thrivetech/contracts';
import { afterEach, expect, it } from 'vitest';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { type Mailbox, useReceiver } from '../support/webhook-receiver.ts';

const eventsCount = 400;
const lanesCount = 4;
const slowCount = 10;
const lagMaxMs = 1_000;

eachDatabase((kind) => {
  const receiver = useReceiver();
  let database: TestDatabase | undefined;
  let server: ServerProcess | undefined;
  afterEach(async () => {
    await server?.end('SIGKILL');
    await database?.remove();
  });

  it('endpoints that let every request run into the time-out delay no other one: p99 within a second', async () => {
    database = await createTestDatabase(kind);
    // Real time, and the real limits: a hanging request is given up after 15 seconds, later than this test ends.
    const running = await startServer(database, {
      WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
      WEBHOOK_ALLOW_HTTP: 'true',
    });
    server = running;
    const { admin_key, product_id, base_url } = running.start;
    const call = async (contract: Parameters<ReturnType<typeof restDoor>['call']>[0], input: object) => {
      const answer = await restDoor(() => base_url).call(contract, { ...input }, { key: admin_key ?? '' });
      if (answer.error) throw new Error(JSON.stringify(answer.error));
    };
    const slow = Array.from({ length: slowCount }, () => receiver.mailbox());
    for (const mailbox of slow) mailbox.reply('hang');
    const healthy = receiver.mailbox();
    // One event hangs here, and must not keep the ones after it waiting either.
    const moody = receiver.mailbox();
    moody.reply(({ body }) => (JSON.parse(body).sequence === 1 ? 'hang' : { status: 200 }));
    for (const { url } of [...slow, healthy, moody]) await call(createWebhookEndpoint, { url });

    const lane = async () => {
      for (let n = 0; n < eventsCount / lanesCount; n++) await call(createLicense, { product_id });
    };
    await Promise.all(Array.from({ length: lanesCount }, lane));
    await expect
      .poll(() => [healthy, moody].map(({ received }) => received.length), { timeout: 10_000 })
      .toEqual([eventsCount, eventsCount]);
    // Four at a time, and these still hang: the test has met what it is about.
    expect(slow.map(({ received }) => received.length)).toEqual(Array(slowCount).fill(4));
    for (const mailbox of [healthy, moody]) expect(p99Lag(mailbox)).toBeLessThanOrEqual(lagMaxMs);
  });
});

/** From the moment at which something happened until its event was there, in milliseconds. */
function p99Lag({ received }: Mailbox): number {
  const lags = received
    .map(({ body, at }) => at - Date.parse(JSON.parse(body).created_at))
    .sort((a, b) => a - b);
  return lags[Math.floor(lags.length * 0.99)] ?? Number.POSITIVE_INFINITY;
}
