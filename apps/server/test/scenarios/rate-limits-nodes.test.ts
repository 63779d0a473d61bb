import { createCustomer, listPlans, validateLicense } from '@thrivetech/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hourMs, minuteMs, secondMs } from '../../src/platform/clock.ts';
import { createVendor } from '../support/builders.ts';
import { type Door, restDoor } from '../support/doors.ts';
import { createTestDatabase, type TestDatabase } from '../support/each-database.ts';
import { startServer } from '../support/start-server.ts';
import { countRows } from '../support/tables.ts';
import { TestClock } from '../support/test-server.ts';

type Node = Awaited<ReturnType<typeof startServer>>;

/** The second node's clock is a little behind. */
const clocks = [new TestClock(), new TestClock()] as const;
const behindMs = 200;
let database: TestDatabase;
let nodes: [Node, Node];
let doors: [Door, Door];
beforeAll(async () => {
  database = await createTestDatabase('postgres');
  nodes = [await startServer(database, clocks[0]), await startServer(database, clocks[1])];
  // To the beginning of an hour that nobody has called in yet: counts are then exact.
  const hour = (Math.floor(clocks[0].now() / hourMs) + 3) * hourMs;
  clocks[0].set(hour + minuteMs);
  clocks[1].set(hour + minuteMs - behindMs);
  doors = [restDoor(() => nodes[0].baseUrl), restDoor(() => nodes[1].baseUrl)];
});
afterAll(async () => {
  for (const node of nodes) await node.stop();
  await database.remove();
});
const door = (n: number) => doors[n % 2 === 0 ? 0 : 1];

it('of 100 calls at once to two nodes exactly 60 are answered on a plan of 60', async () => {
  const vendor = await createVendor(nodes[0], { plan_code: 'starter' });
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      door(n).call(createCustomer, { email: `c${n}@example.com` }, { key: vendor.admin }),
    ),
  );
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(60);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
  expect(await countRows(nodes[0], 'customers', { account_id: vendor.account_id })).toBe(60);

  const refused = await door(1).call(listPlans, {}, { key: vendor.admin });
  const wait = Number(refused.headers.get('retry-after')) * secondMs;
  for (const clock of clocks) clock.advance(wait);
  expect((await door(0).call(listPlans, {}, { key: vendor.admin })).status).toBe(200);
});

it('both nodes tell the same that is left', async () => {
  const vendor = await createVendor(nodes[0], { plan_code: 'growth' });
  const left: number[] = [];
  for (let n = 0; n < 6; n++) {
    const { headers } = await door(n).call(listPlans, {}, { key: vendor.admin });
    left.push(Number(headers.get('x-ratelimit-remaining')));
  }
  expect(left).toEqual([299, 298, 297, 296, 295, 294]);
});

it('who guesses license keys is not given a fresh allowance by going to another node', async () => {
  const vendor = await createVendor(nodes[0], { plan_code: 'enterprise', rate_per_minute: 5 });
  const statuses: number[] = [];
  for (let n = 0; n < 8; n++) {
    const answer = await door(n).call(validateLicense, { license_key: 'whatever' }, { key: vendor.channel });
    statuses.push(answer.status);
  }
  expect(statuses.filter((status) => status === 429)).toHaveLength(3);
});
