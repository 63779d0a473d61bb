import {
  type License,
  type LicenseStatus,
  licenseStatuses,
  listLicenses,
  type ValidationDetail,
} from '@thrivetech/contracts';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { licenseStatus } from '../../src/modules/licenses/index.ts';
import { dayMs } from '../../src/platform/clock.ts';
import { iso, setSuspended } from '../support/app.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    const made: Record<string, License> = {};
    let start: number;
    const at = (seconds: number) => iso(start + seconds * 1000);

    beforeAll(async () => {
      vendor = await createVendor(server);
      start = server.clock.now();
      const [studio, tools] = [await vendor.product(), await vendor.product()];
      const ada = await vendor.customer({
        email: 'Ada@Example.com',
        name: 'Ädä Lovelace',
        company: 'Engines',
      });
      const bob = await vendor.customer({ email: 'bob@example.com', name: 'Bob', company: 'Ädäptable' });
      const make = async (name: string, fields: Record<string, unknown>) => {
        made[name] = await vendor.license(fields);
        server.clock.advance(1000);
      };
      const days = (count: number) => ({ type: 'timed', expires_at: iso(start + count * dayMs) });
      await make('ada studio 10 days', { product_id: studio.id, customer_id: ada.id, ...days(10) });
      await make('ada tools 20 days', { product_id: tools.id, customer_id: ada.id, ...days(20) });
      await make('bob studio', { product_id: studio.id, customer_id: bob.id });
      await make('bob studio subscription', {
        product_id: studio.id,
        customer_id: bob.id,
        type: 'subscription',
      });
      await make('nobody tools 20 days', { product_id: tools.id, ...days(20) });
    });

    const list = (filter: Record<string, unknown>) =>
      door.call<License[]>(listLicenses, filter, { key: vendor.read_only });
    const names = async (filter: Record<string, unknown>) => {
      const { data, error } = await list(filter);
      expect(error).toBeUndefined();
      const nameOf = new Map(Object.entries(made).map(([name, { id }]) => [id, name]));
      return data.map(({ id }) => nameOf.get(id));
    };
    const license = (name: string): License => made[name] as License;
    const all = [
      'ada studio 10 days',
      'ada tools 20 days',
      'bob studio',
      'bob studio subscription',
      'nobody tools 20 days',
    ];

    it('without a filter gives every license once, newest first, with masked keys', async () => {
      expect(await names({})).toEqual(all.toReversed());
      expect((await list({})).data.every(({ key }) => key.startsWith('••••-'))).toBe(true);
    });

    it('sorted by expiry puts licenses without an end last, page by page, forwards and backwards', async () => {
      for (const sort of ['expires_at', '-expires_at']) {
        const seen: License[] = [];
        let cursor: string | null | undefined;
        do {
          const page = await list({ sort, limit: 2, ...(cursor && { cursor }) });
          seen.push(...page.data);
          cursor = page.pagination?.next_cursor;
        } while (cursor);
        expect(new Set(seen.map(({ id }) => id)).size).toBe(5);
        const ends = seen.map(({ expires_at }) => expires_at ?? 'never');
        const rising = sort === 'expires_at' ? ends : ends.toReversed();
        expect(rising).toEqual(rising.toSorted());
      }
    });

    const ofProduct = (name: string) => ({ product_id: license(name).product_id });
    const ofCustomer = (name: string) => ({ customer_id: license(name).customer_id });
    const spelled = (key: string) =>
      ` ${key.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')} `;

    it.each<[string, () => Record<string, unknown>, string[]]>([
      [
        'type',
        () => ({ type: 'timed' }),
        ['ada studio 10 days', 'ada tools 20 days', 'nobody tools 20 days'],
      ],
      ['type that no license has', () => ({ type: 'floating' }), []],
      [
        'product',
        () => ofProduct('bob studio'),
        ['ada studio 10 days', 'bob studio', 'bob studio subscription'],
      ],
      ['customer', () => ofCustomer('bob studio'), ['bob studio', 'bob studio subscription']],
      [
        'e-mail in any case',
        () => ({ customer_email: 'ADA@example.COM' }),
        ['ada studio 10 days', 'ada tools 20 days'],
      ],
      ['e-mail as a whole', () => ({ customer_email: 'ada@example' }), []],
      ['key', () => ({ key: license('bob studio').key }), ['bob studio']],
      ['key in any spelling', () => ({ key: spelled(license('bob studio').key) }), ['bob studio']],
      ['text that is no key', () => ({ key: 'nonsense' }), []],
      ['q: id', () => ({ q: license('bob studio').id }), ['bob studio']],
      ['q: key in any spelling', () => ({ q: spelled(license('bob studio').key) }), ['bob studio']],
      [
        'q: last four',
        () => ({ q: license('bob studio').key.replaceAll('-', '').slice(-4).toLowerCase() }),
        ['bob studio'],
      ],
      ['q: e-mail', () => ({ q: 'ADA@' }), ['ada studio 10 days', 'ada tools 20 days']],
      ['q: name and company', () => ({ q: 'ÄDÄ' }), all.slice(0, 4)],
      ['q: company', () => ({ q: 'ädäp' }), ['bob studio', 'bob studio subscription']],
      [
        'q: customer id',
        () => ({ q: license('bob studio').customer_id }),
        ['bob studio', 'bob studio subscription'],
      ],
      ['q: wildcard', () => ({ q: '%' }), []],
      [
        'created_*',
        () => ({ created_after: at(0), created_before: at(3) }),
        ['ada tools 20 days', 'bob studio'],
      ],
      [
        'expires_after',
        () => ({ expires_after: at(10 * 86_400) }),
        ['ada tools 20 days', 'nobody tools 20 days'],
      ],
      ['expires_before', () => ({ expires_before: at(20 * 86_400) }), ['ada studio 10 days']],
      [
        'expires_before, a moment later',
        () => ({ expires_before: at(20 * 86_400 + 1) }),
        ['ada studio 10 days', 'ada tools 20 days', 'nobody tools 20 days'],
      ],
      [
        'all at once',
        () => ({
          ...ofProduct('ada tools 20 days'),
          ...ofCustomer('ada tools 20 days'),
          type: 'timed',
          status: 'active',
          customer_email: 'ada@example.com',
          key: license('ada tools 20 days').key,
          q: 'eng',
          created_after: at(0),
          created_before: at(2),
          expires_after: at(19 * 86_400),
          expires_before: at(21 * 86_400),
        }),
        ['ada tools 20 days'],
      ],
      ['two that exclude each other', () => ({ ...ofCustomer('bob studio'), type: 'timed' }), []],
    ])('filters by %s', async (_what, filter, expected) => {
      expect(await names({ ...filter(), sort: 'created_at' })).toEqual(expected);
    });

    it.each([
      ['status', 'dead'],
      ['type', 'eternal'],
      ['product_id', 'not an id'],
      ['customer_email', 'a\u0000@example.com'],
      ['q', 'a\u0000'],
      ['key', '\u0000'],
      ['expires_before', 'tomorrow'],
      ['sort', 'notes'],
      ['limit', 101],
      ['custmer_email', 'ada@example.com'],
    ])('refuses a bad %s with a 400 that names it', async (path, value) => {
      const { status, error } = await list({ [path]: value });
      expect([status, error?.code]).toEqual([400, 'VALIDATION_ERROR']);
      expect(((error?.details ?? []) as ValidationDetail[])[0]?.path).toBe(path);
    });

    describe('the status filter', () => {
      it('says what each license says of itself, a second before and after every boundary', async () => {
        const owner = await createVendor(server);
        const product_id = (await owner.product()).id;
        const now = server.clock.now();
        const end = { starts_at: iso(now + 2 * dayMs), expires_at: iso(now + 4 * dayMs) };
        const graced = await owner.license({ product_id, ...end, grace_days: 3 });
        const plain = await owner.license({ product_id, ...end, grace_days: 0 });
        const suspended = await owner.license({ product_id, ...end });
        await setSuspended(server, suspended.id, now);
        const expected: Record<string, LicenseStatus[]> = {};
        for (const [day, ...statuses] of [
          [2, 'not_started', 'not_started', 'active', 'active'],
          [4, 'active', 'active', 'active', 'expired'],
          [7, 'active', 'expired', 'expired', 'expired'],
        ] as const) {
          const [gracedBefore, plainBefore, gracedAfter, plainAfter] = statuses;
          for (const [offset, ofGraced, ofPlain] of [
            [-1000, gracedBefore, plainBefore],
            [0, gracedAfter, plainAfter],
            [1000, gracedAfter, plainAfter],
          ] as const) {
            server.clock.set(now + day * dayMs + offset);
            expected[graced.id] = [ofGraced];
            expected[plain.id] = [ofPlain];
            expected[suspended.id] = ['suspended'];
            const found: Record<string, LicenseStatus[]> = {};
            for (const status of licenseStatuses) {
              const { data } = await door.call<License[]>(listLicenses, { status }, { key: owner.admin });
              for (const item of data) {
                expect(item.status).toBe(status);
                found[item.id] = [...(found[item.id] ?? []), status];
              }
            }
            expect(found, `day ${day}, ${offset} ms`).toEqual(expected);
          }
        }
        server.clock.set(now);
      });
    });
  });

  it('status in SQL is the status of the entity, for any license at any moment', async () => {
    const vendor = await createVendor(server);
    const { id, product_id } = await vendor.license({ type: 'timed', duration_days: 1 });
    const { uow, database: db } = server.platform;
    const page = { limit: 100, sort: 'created_at', product_id };
    // A small circle of times, so that boundaries meet often.
    const time = fc.integer({ min: 0, max: 4 }).map((day) => server.clock.now() + day * dayMs);
    const maybe = fc.option(time, { nil: null });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          starts_at: time,
          expires_at: maybe,
          grace_days: fc.integer({ min: 0, max: 2 }),
          suspended_at: maybe,
          revoked_at: maybe,
        }),
        time,
        fc.constantFrom(-1, 0, 1),
        async (fields, day, offset) => {
          const stored = await uow.runInternal(async (tx) => {
            const license = await tx.licenses.findForUpdate(vendor.account_id, id);
            if (!license) throw new Error('The license is gone.');
            await tx.licenses.replace({ ...license, ...fields });
            return { ...license, ...fields };
          });
          const now = day + offset;
          const found: LicenseStatus[] = [];
          for (const status of licenseStatuses) {
            const { items } = await uow.read.licenses.page(vendor.account_id, { ...page, status }, now);
            if (items.length > 0) found.push(status);
          }
          expect(found).toEqual([licenseStatus(stored, now)]);
        },
      ),
      { numRuns: 60 },
    );
    await db('licenses').where({ id }).delete();
  });
});
