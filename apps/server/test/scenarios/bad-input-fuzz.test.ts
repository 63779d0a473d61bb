import { contract as contracts, type ProcedureContract, pathParameters } from '@thrivetech/contracts';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../support/builders.ts';
import { restDoor, trpcDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { placesOf, repeatable, replaceAt, wrongValues } from '../support/mutations.ts';
import { useServer } from '../support/test-server.ts';
import { workingInputs } from '../support/working-inputs.ts';

const tame = Object.values(wrongValues).filter((value) => value !== '@huge@');

/** Any value that JSON can carry, odd ones more often than chance would have it. */
const anyValue = fc.oneof(
  fc.constantFrom(...tame),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.double().map((value) => (Number.isFinite(value) ? value : 0)),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.dictionary(fc.string({ maxLength: 10 }), fc.constantFrom(true, 1, 'x', null), { maxKeys: 60 }),
);

/** What goes into an address is text; only what goes into a body keeps its type. */
function asAddress(contract: ProcedureContract, input: Record<string, unknown>): Record<string, unknown> {
  const inPath = pathParameters(contract.path);
  const hasBody = contract.method === 'POST' || contract.method === 'PUT';
  return Object.fromEntries(
    Object.entries(input).map(([name, value]) => {
      if (hasBody && !inPath.includes(name)) return [name, value];
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      // A dot alone is a step in a path, so it would ask for another address.
      return [name, text.toWellFormed().replace(/^\.{1,2}$/, 'dot')];
    }),
  );
}

eachDatabase((database) => {
  const server = useServer(database);
  let vendor: Vendor;
  let inputs: Record<string, Record<string, unknown>>;
  beforeAll(async () => {
    vendor = await createVendor(server);
    inputs = await workingInputs(server, vendor);
  });
  const doors = { rest: restDoor(() => server.baseUrl), trpc: trpcDoor(() => server.baseUrl) };

  describe('whatever is sent, nothing breaks', () => {
    it.each(contracts.map((contract) => [contract.name, contract] as const))('%s', async (name, contract) => {
      const input = inputs[name] ?? {};
      const places = placesOf(input);
      const mutation = fc.record({
        place: fc.oneof(
          ...(places.length > 0 ? [{ weight: 5, arbitrary: fc.constantFrom(...places) }] : []),
          { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 12 }).map((field) => [field]) },
        ),
        value: anyValue,
      });
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('rest' as const, 'trpc' as const),
          fc.array(mutation, { minLength: 1, maxLength: 3 }),
          async (door, mutations) => {
            const odd = mutations.reduce(
              (changed, { place, value }) => replaceAt(changed, place, value),
              repeatable(input),
            );
            // The REST door also holds the answer against the OpenAPI document.
            const { status } = await doors[door].call(
              contract,
              door === 'rest' ? asAddress(contract, odd) : odd,
              { key: vendor.admin },
            );
            expect([200, 201, 400, 403, 404, 409]).toContain(status);
          },
        ),
        { seed: 20260126, numRuns: 30 },
      );
    });
  });
});
