import {
  type Customer,
  createCustomer,
  getCustomer,
  type License,
  listCustomerLicenses,
  listCustomers,
  updateCustomer,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createdStatus, iso, observe } from '../support/app.ts';
import { createVendor, unique, type Vendor } from '../support/builders.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
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

    const create = (fields: Record<string, unknown>, owner = vendor) =>
      door.call<Customer>(createCustomer, fields, { key: owner.admin });
    const update = (customerId: string, fields: Record<string, unknown>) =>
      door.call<Customer>(updateCustomer, { customerId, ...fields }, { key: vendor.admin });
    const get = async (customerId: string) =>
      (await door.call<Customer>(getCustomer, { customerId }, { key: vendor.read_only })).data;

    it('a customer needs an e-mail address and nothing else', async () => {
      const email = `${unique('ada')}@example.com`;
      const { answer, eventTypes, audit } = await observe(server, vendor, () => create({ email }));
      const now = iso(server.clock.now());
      expect(answer.status).toBe(createdStatus(door));
      expect(answer.data).toEqual({
        id: expect.stringMatching(/^cus_[0-9a-z]{26}$/),
        email,
        name: null,
        company: null,
        phone: null,
        metadata: {},
        created_at: now,
        updated_at: now,
        version: 1,
      });
      expect(eventTypes).toEqual([]);
      expect(audit).toEqual([
        {
          action: 'customer.created',
          target_id: answer.data.id,
          request_id: answer.request_id,
          before: null,
          after: answer.data,
        },
      ]);
      expect(await get(answer.data.id)).toEqual(answer.data);
    });

    it('every field comes back as it was given, the case of the e-mail address too', async () => {
      const fields = {
        email: `${unique('Ada.LOVELACE')}@Example.com`,
        name: 'Ada Lovelace 数学 👩‍💻',
        company: 'Analytical Engines',
        phone: '+44 20 7946 0000',
        metadata: { order: 'A-1', total: 9.5, paid: true, note: null, text: 'a\nb' },
      };
      const { data } = await create(fields);
      expect(data).toMatchObject(fields);
      expect(await get(data.id)).toEqual(data);
    });

    it('two customers of an account cannot have one e-mail address, in whatever case; two accounts can', async () => {
      const { email } = await vendor.customer();
      const { answer, eventTypes, audit } = await observe(server, vendor, () =>
        create({ email: email.toUpperCase() }),
      );
      expect(answer.status).toBe(409);
      expect(answer.error).toMatchObject({ code: 'CONFLICT', details: { reason: 'customer_email_taken' } });
      expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
      const other = await createVendor(server);
      expect((await create({ email }, other)).data.email).toBe(email);
    });

    it('of ten creations with one e-mail address at once exactly one succeeds', async () => {
      const local = unique('same');
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          create({ email: `${n % 2 ? local.toUpperCase() : local}@example.com` }),
        ),
      );
      expect(answers.filter(({ success }) => success)).toHaveLength(1);
      const refused = answers.filter(({ success }) => !success);
      expect(new Set(refused.map(({ status, error }) => `${status} ${error?.code}`))).toEqual(
        new Set(['409 CONFLICT']),
      );
      const found = await door.call<Customer[]>(
        listCustomers,
        { email: `${local}@example.com` },
        { key: vendor.read_only },
      );
      expect(found.data).toHaveLength(1);
    });

    it('of two customers that take one e-mail address at once exactly one gets it', async () => {
      const [one, two] = [await vendor.customer(), await vendor.customer()];
      const email = `${unique('wanted')}@example.com`;
      const answers = await Promise.all([one, two].map(({ id }) => update(id, { email })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      const emails = [await get(one.id), await get(two.id)].map((customer) => customer.email);
      expect(emails.filter((address) => address === email)).toHaveLength(1);
    });

    it('an update changes what it names and keeps the rest', async () => {
      const customer = await vendor.customer({ name: 'Ada', company: 'Engines', metadata: { a: 1 } });
      server.clock.advance(1000);
      const { answer, eventTypes, audit } = await observe(server, vendor, () =>
        update(customer.id, { company: null, phone: '+44 1' }),
      );
      expect(answer.data).toEqual({
        ...customer,
        company: null,
        phone: '+44 1',
        updated_at: iso(server.clock.now()),
        version: 2,
      });
      expect(eventTypes).toEqual([]);
      expect(audit).toMatchObject([{ action: 'customer.updated', before: customer, after: answer.data }]);
      expect(await get(customer.id)).toEqual(answer.data);
    });

    it('an update may change the case of its own e-mail address, and cannot take that of another', async () => {
      const [one, two] = [await vendor.customer(), await vendor.customer()];
      const upper = one.email.toUpperCase();
      expect((await update(one.id, { email: upper })).data.email).toBe(upper);
      const refused = await update(one.id, { email: two.email.toUpperCase(), name: 'Thief' });
      expect(refused.error).toMatchObject({ code: 'CONFLICT', details: { reason: 'customer_email_taken' } });
      expect(await get(one.id)).toMatchObject({ email: upper, name: null, version: 2 });
    });

    it('an update made from an older version is refused and changes nothing', async () => {
      const customer = await vendor.customer();
      expect((await update(customer.id, { name: 'First', version: 1 })).success).toBe(true);
      const { answer, audit } = await observe(server, vendor, () =>
        update(customer.id, { name: 'Second', version: 1 }),
      );
      expect([answer.status, answer.error]).toMatchObject([
        409,
        { code: 'CONFLICT', details: { reason: 'version_mismatch' } },
      ]);
      expect(audit).toEqual([]);
      expect((await get(customer.id)).name).toBe('First');
    });

    describe('lists', () => {
      let owner: Vendor;
      let start: number;
      const people = [
        { email: 'Zoe@example.com', name: 'Zoë Müller', company: 'Äpfel & Söhne' },
        { email: 'anna@example.org', name: 'ОЛЬГА Иванова', company: null },
        { email: 'bert@example.com', name: 'Ὀδυσσεύς ΠΑΠΑΔΟΠΟΥΛΟΣ', company: 'ΟΔΥΣΣΕΙΑ ΑΕ' },
        { email: 'annabel@example.com', name: '100% Bert_x', company: 'zoo' },
      ];
      beforeAll(async () => {
        owner = await createVendor(server);
        start = server.clock.now();
        for (const fields of people) {
          await create(fields, owner);
          server.clock.advance(1000);
        }
      });
      const list = (filter: Record<string, unknown>) =>
        door.call<Customer[]>(listCustomers, filter, { key: owner.read_only });
      const emails = async (filter: Record<string, unknown>) =>
        (await list(filter)).data.map(({ email }) => email);

      it('come newest first, or by e-mail address without regard to case, page by page', async () => {
        const given = people.map(({ email }) => email);
        expect(await emails({})).toEqual(given.toReversed());
        const sorted = given.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
        expect(await emails({ sort: 'email' })).toEqual(sorted);
        expect(await emails({ sort: '-email' })).toEqual(sorted.toReversed());
        const first = await list({ sort: 'email', limit: 3 });
        const rest = await list({ sort: 'email', limit: 3, cursor: first.pagination?.next_cursor });
        expect([...first.data, ...rest.data].map(({ email }) => email)).toEqual(sorted);
        expect(rest.pagination).toEqual({ limit: 3, has_more: false, next_cursor: null });
      });

      it('find an e-mail address in any case, whole and nothing less', async () => {
        expect(await emails({ email: 'ZOE@EXAMPLE.COM' })).toEqual(['Zoe@example.com']);
        expect(await emails({ email: 'anna@example' })).toEqual([]);
      });

      it.each([
        ['the beginning of an e-mail address', 'ANNA', ['annabel@example.com', 'anna@example.org']],
        ['the beginning of a name with an umlaut', 'zoË mü', ['Zoe@example.com']],
        ['the beginning of a company with an umlaut', 'äPFEL', ['Zoe@example.com']],
        ['an umlaut written as two characters', 'zoe\u0308', ['Zoe@example.com']],
        ['Cyrillic in another case', 'ольга ИВ', ['anna@example.org']],
        ['Greek in another case', 'οδυσσεια', ['bert@example.com']],
        ['a Greek beginning that ends in a sigma', 'ΟΔΥΣ', ['bert@example.com']],
        ['a percent sign, which is no wildcard', '100%', ['annabel@example.com']],
        ['a percent sign alone', '%', []],
        ['an underscore, which is no wildcard', '_', []],
        ['the middle of a name', 'Müller', []],
      ])('q finds by %s', async (_what, q, expected) => {
        expect(await emails({ q })).toEqual(expected);
      });

      it('q finds by the whole id', async () => {
        const [first] = (await list({ limit: 1 })).data;
        expect(await emails({ q: first?.id })).toEqual([first?.email]);
        expect(await emails({ q: first?.id.slice(0, -1) })).toEqual([]);
      });

      it('keep what was created strictly between two times', async () => {
        const at = (second: number) => iso(start + second * 1000);
        expect(await emails({ created_after: at(0), created_before: at(3) })).toEqual([
          'bert@example.com',
          'anna@example.org',
        ]);
        expect(await emails({ created_after: at(0), created_before: at(3), q: 'bert' })).toEqual([
          'bert@example.com',
        ]);
      });
    });

    it("a customer's licenses are theirs alone, with masked keys, filtered like all licenses", async () => {
      const [customer, other] = [await vendor.customer(), await vendor.customer()];
      const timed = await vendor.license({ customer_id: customer.id, type: 'timed', duration_days: 3 });
      const perpetual = await vendor.license({ customer_id: customer.id });
      await vendor.license({ customer_id: other.id });
      const list = (filter: Record<string, unknown>) =>
        door.call<License[]>(
          listCustomerLicenses,
          { customerId: customer.id, ...filter },
          { key: vendor.admin },
        );
      const all = await list({});
      expect(all.data.map(({ id }) => id).sort()).toEqual([timed.id, perpetual.id].sort());
      expect(all.data.every(({ key }) => /^••••-[0-9A-Z]{4}$/.test(key))).toBe(true);
      expect((await list({ type: 'timed' })).data.map(({ id }) => id)).toEqual([timed.id]);
      expect((await list({ status: 'revoked' })).data).toEqual([]);
    });
  });

  it('If-Match guards an update, and the answer names the next version in its ETag', async () => {
    const door = restDoor(() => server.baseUrl);
    const vendor = await createVendor(server);
    const { id } = await vendor.customer();
    const update = (match: string) =>
      door.call<Customer>(
        updateCustomer,
        { customerId: id, name: match },
        { key: vendor.admin, headers: { 'if-match': match } },
      );
    const first = await update('"1"');
    expect(first.headers.get('etag')).toBe('"2"');
    expect((await update('"1"')).error).toMatchObject({ details: { reason: 'version_mismatch' } });
    expect((await update('"2"')).data.version).toBe(3);
    expect((await update('next')).error).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: [{ path: 'If-Match' }],
    });
  });
});
