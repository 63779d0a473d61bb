import { contract as contracts, type ProcedureContract, pathParameters } from '@thrivetech/contracts';
import { beforeAll, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { asRead, placesOf, repeatable, replaceAt, toLooseJson, wrongValues } from '../support/mutations.ts';
import { type RawAnswer, sendBody, sendRaw } from '../support/raw.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';
import { workingInputs } from '../support/working-inputs.ts';

type Input = Record<string, unknown>;
const hasBody = ({ method }: ProcedureContract) => method === 'POST' || method === 'PUT';

eachDatabase((database) => {
  const server = useServer(database);
  let vendor: Vendor;
  beforeAll(async () => {
    vendor = await createVendor(server);
  });

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let inputs: Record<string, Input>;
    beforeAll(async () => {
      inputs = await workingInputs(server, vendor);
    });

    // REST converts path and query, so there only bodies are sent with values of a wrong type.
    const subjects = contracts.filter((contract) => door.name === 'trpc' || hasBody(contract));

    it.each(subjects.map((contract) => [contract.name, contract] as const))(
      '%s refuses every value that its contract does not take, names the field, and changes nothing',
      async (name, contract) => {
        const input = inputs[name] ?? {};
        const inPath = pathParameters(contract.path);
        const tries = placesOf(input)
          .filter((place) => door.name === 'trpc' || !inPath.includes(place[0] ?? ''))
          .flatMap((place) =>
            Object.entries(wrongValues).map(([kind, value]) => ({
              place,
              kind,
              value,
              input: replaceAt(input, place, value),
            })),
          );
        const send = (bad: Input): Promise<RawAnswer> => {
          if (!hasBody(contract) && contract.method === 'GET') {
            const path = `/trpc/${name}?input=${encodeURIComponent(toLooseJson(bad))}`;
            return sendRaw(server, path, { key: vendor.admin });
          }
          const body = door.name === 'rest' ? without(bad, inPath) : bad;
          return sendBody(server, door, contract, toLooseJson(body), { key: vendor.admin, input: bad });
        };
        // Both doors lead to one validation and one use case, and a refused input reaches no database, so a sample
        // will do. The number of values is odd: from place to place a step of 2 or 8 meets other ones.
        const everyNth = (all: typeof tries, step: number) => all.filter((_, n) => n % step === 0);
        const ofDoor = door.name === 'trpc' && hasBody(contract) ? 5 : 1;
        const ofDatabase = database === 'postgres' ? 8 : 2;
        const isRefused = ({ input: bad }: { input: Input }) =>
          !contract.input.safeParse(asRead(bad)).success;

        const before = await allRows(server);
        await inParallel(
          everyNth(tries.filter(isRefused), ofDoor * ofDatabase),
          async ({ place, kind, input: bad }) => {
            const { status, error } = await send(bad);
            const where = `${place.join('.')}: ${kind}`;
            expect([status, error?.code], where).toEqual([400, 'VALIDATION_ERROR']);
            const named = error?.details?.map(({ path }) => path) ?? [];
            expect(
              named.some((path) => path === place.join('.') || path.startsWith(`${place.join('.')}.`)),
              `${where} is named in ${named}`,
            ).toBe(true);
          },
        );
        expect(await allRows(server)).toEqual(before);

        // What the contract takes may succeed or be refused by the operation; it may not break.
        await inParallel(
          everyNth(
            tries.filter((one) => !isRefused(one)),
            ofDoor * ofDatabase,
          ),
          async ({ place, kind, value }) => {
            const odd = replaceAt(repeatable(input), place, value);
            const { status, text } = await send(odd);
            expect(
              [200, 201, 400, 403, 404, 409],
              `${place.join('.')}: ${kind}: ${text.slice(0, 200)}`,
            ).toContain(status);
          },
        );
      },
    );
  });
});

const without = (input: Input, names: readonly string[]): Input =>
  Object.fromEntries(Object.entries(input).filter(([name]) => !names.includes(name)));

/** Sixteen at a time: enough to keep the server busy, few enough not to drown a failing one. */
async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: 16 }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
