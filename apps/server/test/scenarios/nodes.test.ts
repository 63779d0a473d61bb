import {
  createApiKey,
  type License,
  listProducts,
  revokeApiKey,
  revokeLicense,
  suspendLicense,
  validateLicense,
} from '@thrivetech/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../support/builders.ts';
import { type Door, restDoor } from '../support/doors.ts';
import { createTestDatabase, type TestDatabase } from '../support/each-database.ts';
import { startServer } from '../support/start-server.ts';

type Node = Awaited<ReturnType<typeof startServer>>;

let database: TestDatabase;
let nodes: [Node, Node];
let doors: [Door, Door];
let vendor: Vendor;
beforeAll(async () => {
  database = await createTestDatabase('postgres');
  nodes = [await startServer(database), await startServer(database)];
  doors = [restDoor(() => nodes[0].baseUrl), restDoor(() => nodes[1].baseUrl)];
  vendor = await createVendor(nodes[0]);
});
afterAll(async () => {
  for (const node of nodes) await node.stop();
  await database.remove();
});

const validate = async (door: Door, { key: license_key }: License) => {
  const { data } = await door.call<{ valid: boolean; code: string }>(
    validateLicense,
    { license_key },
    { key: vendor.channel },
  );
  return data.code;
};

it('a key that is revoked on one node is refused by the other on its next request, fifty times', async () => {
  for (let round = 0; round < 50; round += 1) {
    const { data } = await doors[0].call<{ id: string; key: string }>(
      createApiKey,
      { name: 'k', type: 'admin' },
      { key: vendor.admin },
    );
    expect((await doors[1].call(listProducts, {}, { key: data.key })).status).toBe(200);
    await doors[0].call(revokeApiKey, { apiKeyId: data.id }, { key: vendor.admin });
    expect((await doors[1].call(listProducts, {}, { key: data.key })).status).toBe(401);
  }
});

it.each([
  ['revoked', revokeLicense, 'LICENSE_REVOKED'],
  ['suspended', suspendLicense, 'LICENSE_SUSPENDED'],
] as const)(
  'a license that is %s on one node is refused by the other within a second',
  async (_how, change, code) => {
    const license = await vendor.license();
    // Known to the other node, and kept there.
    for (let n = 0; n < 3; n += 1) expect(await validate(doors[1], license)).toBe('VALID');
    await doors[0].call(change, { licenseId: license.id }, { key: vendor.admin });
    expect(await validate(doors[0], license)).toBe(code);
    await expect.poll(() => validate(doors[1], license), { timeout: 1_000, interval: 50 }).toBe(code);
  },
);

it('a node keeps what it knows: a license is read from the database once, not for each call', async () => {
  const license = await vendor.license();
  await validate(doors[1], license);
  const reads: string[] = [];
  const note = ({ sql }: { sql: string }) => {
    if (sql.includes('licenses')) reads.push(sql);
  };
  const db = nodes[1].platform.database;
  db.on('query', note);
  for (let n = 0; n < 20; n += 1) expect(await validate(doors[1], license)).toBe('VALID');
  db.removeListener('query', note);
  expect(reads.length).toBeLessThanOrEqual(2);
});

it('a change that commits after a later one has is not missed', async () => {
  const [early, late] = [await vendor.license(), await vendor.license()];
  for (const license of [early, late]) expect(await validate(doors[1], license)).toBe('VALID');
  const { uow } = nodes[0].platform;
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  // This one begins first, and commits last.
  const slow = uow.runInternal(async (tx) => {
    const license = await tx.licenses.findForUpdate(vendor.account_id, early.id);
    if (license) await tx.licenses.replace({ ...license, suspended_at: 1, version: license.version + 1 });
    begun.resolve();
    await gate.promise;
  });
  await begun.promise;
  await doors[0].call(suspendLicense, { licenseId: late.id }, { key: vendor.admin });
  await expect
    .poll(() => validate(doors[1], late), { timeout: 1_000, interval: 50 })
    .toBe('LICENSE_SUSPENDED');
  expect(await validate(doors[1], early)).toBe('VALID');
  gate.resolve();
  await slow;
  await expect
    .poll(() => validate(doors[1], early), { timeout: 1_000, interval: 50 })
    .toBe('LICENSE_SUSPENDED');
});

it('sixty requests spread over both nodes are answered, and the sixty-first is refused by either', async () => {
  const starter = await createVendor(nodes[0], { plan_code: 'starter' });
  const ask = (n: number) => (doors[n % 2] as Door).call(listProducts, {}, { key: starter.admin });
  const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => ask(n)));
  expect(answers.map(({ status }) => status)).toEqual(Array(60).fill(200));
  expect((await ask(0)).status).toBe(429);
  expect((await ask(1)).status).toBe(429);
  expect((await ask(1)).headers.get('x-ratelimit-remaining')).toBe('0');
});
