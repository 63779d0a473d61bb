import { createCustomer, getCustomer, listCustomers, validateLicense } from '@thrivetech/contracts';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { compose, type Platform } from '../../src/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { type Door, restDoor } from '../support/doors.ts';
import { createTestDatabase, type TestDatabase } from '../support/each-database.ts';
import { startServer } from '../support/start-server.ts';
import { sendingInTests, TestClock, type TestServer } from '../support/test-server.ts';

/** A standby that lags so far behind that it knows nothing yet: what is read from it is seen at once. */
let primary: TestDatabase;
let standby: TestDatabase;
let platform: Platform;
let door: Door;
let vendor: Vendor;
const clock = new TestClock();

beforeAll(async () => {
  primary = await createTestDatabase('postgres');
  standby = await createTestDatabase('postgres');
  // Brings its tables into being.
  await (await startServer(standby)).stop();
  platform = await start(standby.databaseUrl);
  const baseUrl = await platform.app.listen({ host: '127.0.0.1', port: 0 });
  door = restDoor(() => baseUrl);
  const server: TestServer = { platform, clock, baseUrl, logLines: [] };
  vendor = await createVendor(server);
});
afterAll(async () => {
  await platform?.close();
  await primary.remove();
  await standby.remove();
});

const start = (databaseReadUrl: string | undefined) =>
  compose({
    config: {
      ...readConfig({
        DATA_DIR: primary.dataDir,
        DATABASE_URL: primary.databaseUrl,
        DATABASE_READ_URL: databaseReadUrl,
      }),
      port: 0,
    },
    log: createLogger('silent', { write: () => {} }),
    clock,
    sending: sendingInTests,
  });

it('a standby serves lists, and nothing that decides', async () => {
  const { data } = await door.call<{ id: string }>(
    createCustomer,
    { email: 'ada@example.com' },
    { key: vendor.admin },
  );
  const license = await vendor.license();
  const list = () => door.call<unknown[]>(listCustomers, {}, { key: vendor.admin });
  await expect.poll(async () => (await list()).data, { timeout: 5_000 }).toEqual([]);
  expect((await door.call(getCustomer, { customerId: data.id }, { key: vendor.admin })).status).toBe(200);
  const validated = await door.call<{ code: string }>(
    validateLicense,
    { license_key: license.key },
    { key: vendor.channel },
  );
  expect(validated.data.code).toBe('VALID');
});

it('while the standby does not answer, the primary serves the lists too', async () => {
  // Nobody listens there.
  const alone = await start('postgres://nobody:nothing@127.0.0.1:1/none');
  try {
    await vi.waitUntil(async () => {
      const page = await alone.uow.lagging.customers.page(vendor.account_id, {
        limit: 10,
        sort: 'created_at',
      });
      return page.items.length === 1;
    });
  } finally {
    await alone.close();
  }
});
