import { contract as contracts, keyTypes } from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { createVendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';
import { refusedByContract, workingInputs } from '../support/working-inputs.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);

    describe.each(keyTypes)('a key of the type %s', (keyType) => {
      it('succeeds with every operation that lists it', async () => {
        const vendor = await createVendor(server);
        const inputs = await workingInputs(server, vendor);
        for (const contract of contracts.filter(({ keys }) => keys.includes(keyType))) {
          const answer = await door.call(contract, inputs[contract.name], { key: vendor[keyType] });
          const refusal = refusedByContract.includes(contract.name) ? 'CONFLICT' : undefined;
          expect(answer.error?.code, contract.name).toBe(refusal);
        }
      });

      it('is refused by every other operation, and changes nothing', async () => {
        const vendor = await createVendor(server);
        const inputs = await workingInputs(server, vendor);
        const before = await allRows(server);
        for (const contract of contracts.filter(({ keys }) => !keys.includes(keyType))) {
          const answer = await door.call(contract, inputs[contract.name], { key: vendor[keyType] });
          expect([answer.status, answer.error], contract.name).toMatchObject([
            403,
            { code: 'PERMISSION_DENIED', details: { reason: 'key_type', key_type: keyType } },
          ]);
        }
        expect(await allRows(server)).toEqual(before);
      });
    });

    it('no operation answers without a key', async () => {
      const vendor = await createVendor(server);
      const inputs = await workingInputs(server, vendor);
      const before = await allRows(server);
      for (const contract of contracts) {
        const answer = await door.call(contract, inputs[contract.name]);
        expect([answer.status, answer.error?.code], contract.name).toEqual([401, 'AUTHENTICATION_REQUIRED']);
      }
      expect(await allRows(server)).toEqual(before);
    });
  });
});

describe('the inputs of these tests', () => {
  const server = useServer('sqlite');

  it('cover every operation, and each is right by its contract', async () => {
    const inputs = await workingInputs(server, await createVendor(server));
    expect(Object.keys(inputs).sort()).toEqual(contracts.map(({ name }) => name).sort());
    for (const { name, input } of contracts) {
      expect(input.safeParse(inputs[name]).error, name).toBeUndefined();
    }
  });
});
