import { getPlan, keyTypes, listPlans, type Plan } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    describe.each(keyTypes)('with a key of the type %s', (type) => {
      it('all plans are readable, with the rates of the API reference', async () => {
        const { data } = await door.call<Plan[]>(listPlans, {}, { key: vendor[type] });
        expect(data.map(({ code, rate_limits }) => [code, rate_limits])).toEqual([
          ['starter', { per_minute: 60, per_hour: 1000 }],
          ['growth', { per_minute: 300, per_hour: 10_000 }],
          ['enterprise', { per_minute: null, per_hour: null }],
        ]);
      });

      it('each plan is the one of the list, and no other code is a plan', async () => {
        const { data: plans } = await door.call<Plan[]>(listPlans, {}, { key: vendor[type] });
        for (const plan of plans) {
          const answer = await door.call<Plan>(getPlan, { planCode: plan.code }, { key: vendor[type] });
          expect(answer.data).toEqual(plan);
        }
        for (const planCode of ['gold', 'Starter', 'constructor']) {
          const answer = await door.call(getPlan, { planCode }, { key: vendor[type] });
          expect([answer.status, answer.error?.code], planCode).toEqual([404, 'RESOURCE_NOT_FOUND']);
        }
      });
    });
  });
});
