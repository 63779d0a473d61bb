import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { openDatabase, startServer } from '../support/server-process.ts';
import { thrive } from '../support/thrive.ts';

eachDatabase((database) => {
  let home: TestDatabase;
  let db: Knex;
  beforeAll(async () => {
    home = await createTestDatabase(database);
    // The first start makes an account with a product, a license and three keys.
    await (await startServer(home)).end('SIGTERM');
    db = openDatabase(home);
  });
  afterAll(async () => {
    await db?.destroy();
    await home?.remove();
  });
  const doctor = async () => {
    const { code, stdout } = await thrive(home, ['doctor']);
    return { code, wrong: stdout.split('\n').filter((line) => line.includes('counted wrong')) };
  };

  it('the doctor finds nothing wrong with the usage of a new installation', async () => {
    expect(await doctor()).toEqual({ code: 0, wrong: [] });
    expect(await db('account_counters').first()).toMatchObject({ products: 1, licenses: 1, api_keys: 3 });
  });

  it('the doctor tells of every gauge that is not what there is, and leaves it as it is', async () => {
    await db('account_counters').update({ products: 4, webhook_endpoints: 2, api_keys: 0 });
    const { code, wrong } = await doctor();
    expect(code).toBe(1);
    const { account_id } = await db('account_counters').first();
    for (const finding of [
      `the products of ${account_id} are counted wrong: 4, and there are 1`,
      `the api keys of ${account_id} are counted wrong: 0, and there are 3`,
      `the webhook endpoints of ${account_id} are counted wrong: 2, and there are 0`,
    ]) {
      expect(wrong.join('\n')).toContain(finding);
    }
    expect(await db('account_counters').first()).toMatchObject({
      ...{ products: 4, webhook_endpoints: 2, api_keys: 0, licenses: 1 },
    });
  });
});
