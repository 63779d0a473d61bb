import { createLicense, type License } from '@thrivetech/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, type TestDatabase } from '../support/each-database.ts';
import { expectNothingLost, type Known, stormUntilKilled } from '../support/killed-storm.ts';
import { expectEventsInOrder, expectSeatsInOrder } from '../support/seat-invariants.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';

const kills = 100;
/** The invariants read every row there is; after each kill, that would be the most of this test. */
const looksEvery = 10;

let database: TestDatabase;
const nodes: ServerProcess[] = [];
beforeAll(async () => {
  database = await createTestDatabase('postgres');
  nodes.push(await startServer(database), await startServer(database));
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.end('SIGKILL')));
  await database.remove();
});

it('of two nodes on one PostgreSQL one is killed a hundred times under load, and nothing that was answered is lost', async () => {
  const [first] = nodes;
  const { admin_key, channel_key: key, product_id } = first?.start ?? {};
  const db = openDatabase(database);
  const known: Known[] = [];
  try {
    for (let round = 1; round <= kills; round += 1) {
      const [survivor, victim] = round % 2 ? [nodes[0], nodes[1]] : [nodes[1], nodes[0]];
      if (!survivor || !victim) throw new Error('No nodes.');
      const door = restDoor(() => survivor.start.base_url);
      const { data: license } = await door.call<License>(
        createLicense,
        { product_id, device_limit: 5 },
        { key: admin_key ?? '' },
      );
      const storm = { key: key ?? '', license };
      // The others go on while one dies: they are callers of the same license.
      const enough = 20 + (round % 7) * 3;
      await Promise.all([
        stormUntilKilled(victim, storm, known, 5 + ((round * 37) % 20)),
        stormUntilKilled(survivor, storm, known, enough, null),
      ]);
      nodes[nodes.indexOf(victim)] = await startServer(database);
      if (round % looksEvery === 0) {
        await expectSeatsInOrder(db);
        await expectEventsInOrder(db);
        await expectNothingLost(db, known);
      }
    }
    expect(known.filter(({ activated }) => typeof activated === 'object').length).toBeGreaterThan(5 * kills);
  } finally {
    await db.destroy();
  }
}, 600_000);
