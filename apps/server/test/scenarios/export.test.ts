import { createLicense, exportLicenses, type License, revokeLicense } from '@thrivetech/contracts';
import { createTRPCClient, httpBatchStreamLink } from '@trpc/client';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AppRouter } from '../../src/app-router.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

const columns = [
  ...['id', 'key', 'product_id', 'customer_id', 'type', 'status', 'device_limit', 'devices_used'],
  ...['starts_at', 'expires_at', 'grace_days', 'first_activated_at', 'suspended_at', 'revoked_at'],
  ...['features', 'metadata', 'notes', 'created_at', 'updated_at'],
];

/** RFC 4180, read independently of what wrote it. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let rest = text;
  while (rest !== '') {
    const [whole, quoted, plain, end] = rest.match(/^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/) ?? [];
    if (whole === undefined) throw new Error(`This is no CSV: ${rest.slice(0, 80)}`);
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end !== ',') rows.push(row);
    if (end !== ',') row = [];
    rest = rest.slice(whole.length);
  }
  return rows;
}
const toObjects = (text: string): Record<string, string>[] => {
  const [header = [], ...rows] = parseCsv(text);
  expect(header).toEqual(columns);
  for (const row of rows) expect(row).toHaveLength(columns.length);
  return rows.map((row) => Object.fromEntries(row.map((cell, index) => [columns[index] as string, cell])));
};

eachDatabase((database) => {
  const server = useServer(database);
  const chunksOf = {
    REST: async (key: string, filters: Record<string, string>) => {
      const url = `${server.baseUrl}/api/v1/licenses/export?${new URLSearchParams(filters)}`;
      const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'text/csv; charset=utf-8',
      ]);
      expect(response.headers.get('x-request-id')).toBeTruthy();
      expect(response.headers.get('x-ratelimit-remaining')).toBeTruthy();
      return response.body?.pipeThrough(new TextDecoderStream()) as AsyncIterable<string>;
    },
    tRPC: (key: string, filters: Record<string, string>) =>
      createTRPCClient<AppRouter>({
        links: [
          httpBatchStreamLink({ url: `${server.baseUrl}/trpc`, headers: { authorization: `Bearer ${key}` } }),
        ],
      }).licenses.export.query(filters),
  };

  describe.each(['REST', 'tRPC'] as const)('through %s', (way) => {
    const rest = restDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const csvOf = async (filters: Record<string, string> = {}, key = vendor.admin) => {
      let text = '';
      for await (const chunk of await chunksOf[way](key, filters)) text += chunk;
      return text;
    };

    it('of nothing is the header alone', async () => {
      const empty = await createVendor(server);
      expect(await csvOf({}, empty.read_only)).toBe(`${columns.join(',')}\n`);
    });

    it('says of each license what the list says of it, with its key masked, for an admin too', async () => {
      const owner = await createVendor(server);
      const customer = await owner.customer();
      const features = { export: true, seats: 5, edition: 'pro, "plus"' };
      const one = await owner.license({ customer_id: customer.id, features, metadata: { order: 'A-1' } });
      const two = await owner.license({ type: 'timed', duration_days: 30 });
      const before = await sideEffects(server, owner);
      const text = await csvOf({ sort: 'created_at' }, owner.admin);
      const rows = toObjects(text).sort((a, b) => (a['id'] === one.id ? -1 : b['id'] === one.id ? 1 : 0));
      for (const [index, license] of [one, two].entries()) {
        const cell = (value: unknown) =>
          value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
        const masked = { ...license, key: `••••-${license.key.replaceAll('-', '').slice(-4)}` };
        expect(rows[index]).toEqual(
          Object.fromEntries(columns.map((name) => [name, cell(masked[name as keyof License])])),
        );
      }
      expect(JSON.parse(rows[0]?.['features'] ?? '')).toEqual(features);
      for (const { key } of [one, two]) expect(text).not.toContain(key);
      expect(await sideEffects(server, owner)).toEqual(before);
    });

    it('takes the filters and the order of the list, and refuses what is none', async () => {
      const owner = await createVendor(server);
      const { id: product_id } = await owner.product();
      const customer = await owner.customer({ company: 'Analytical Engines' });
      const made: License[] = [];
      for (const fields of [{}, { type: 'timed', duration_days: 9 }, { customer_id: customer.id }]) {
        server.clock.advance(1_000);
        made.push(await owner.license({ product_id, ...fields }));
      }
      const [first, timed, sold] = made.map(({ id }) => id) as [string, string, string];
      await rest.call(revokeLicense, { licenseId: first }, { key: owner.admin });
      const ids = async (filters: Record<string, string>) =>
        toObjects(await csvOf(filters, owner.read_only)).map(({ id }) => id);
      expect(await ids({})).toEqual([sold, timed, first]);
      expect(await ids({ sort: 'created_at' })).toEqual([first, timed, sold]);
      expect(await ids({ status: 'revoked' })).toEqual([first]);
      expect(await ids({ type: 'timed' })).toEqual([timed]);
      expect(await ids({ customer_email: customer.email.toUpperCase() })).toEqual([sold]);
      expect(await ids({ q: 'analytical' })).toEqual([sold]);
      expect(await ids({ key: made[1]?.key ?? '' })).toEqual([timed]);
      expect(await ids({ product_id: 'prd_none' })).toEqual([]);
      for (const [field, value] of [
        ['statsu', 'active'],
        ['status', 'gone'],
        ['limit', '5'],
      ] as const) {
        const answer = await rest.call(exportLicenses, { [field]: value }, { key: owner.admin });
        expect([answer.status, answer.error?.details]).toMatchObject([400, [{ path: field }]]);
      }
    });

    it('quotes, line ends and every script come out as they went in', async () => {
      const owner = await createVendor(server);
      const { id: product_id } = await owner.product();
      const notes = [
        'a "quoted" note, with comma',
        'two\nlines\r\nthree',
        '"',
        'Ada 🔑 Ελλάδα عربى 日本語',
        ',',
      ];
      for (const note of notes) await owner.license({ product_id, notes: note, metadata: { note } });
      const rows = toObjects(await csvOf({}, owner.admin));
      expect(rows.map((row) => row['notes']).sort()).toEqual([...notes].sort());
      expect(rows.map((row) => JSON.parse(row['metadata'] ?? '').note).sort()).toEqual([...notes].sort());
    });

    it('no cell is a formula for a spreadsheet, and nothing of it is lost', async () => {
      const owner = await createVendor(server);
      const { id: product_id } = await owner.product();
      const formulas = [
        '=HYPERLINK("http://x","y")',
        '+1+1',
        '-2+3',
        '@SUM(A1)',
        '\t=1',
        '\r=1',
        '＝1',
        '=a,"b"\n=c',
      ];
      for (const notes of formulas) await owner.license({ product_id, notes });
      const cells = toObjects(await csvOf({}, owner.admin)).map((row) => row['notes'] ?? '');
      for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
      expect(cells.map((cell) => cell.replace(/^'/, '')).sort()).toEqual([...formulas].sort());
    });

    it('never shows licenses of another account', async () => {
      const stranger = await createVendor(server);
      const foreign = await stranger.license();
      const filters = { product_id: foreign.product_id };
      expect(toObjects(await csvOf(filters, vendor.admin))).toEqual([]);
    });

    it('20,000 licenses are streamed: the first bytes come before the end, memory stays flat, each is there once', async () => {
      const owner = await createVendor(server);
      const { key: _key, ...template } = await owner.license({ metadata: { filler: 'x'.repeat(200) } });
      const db = server.platform.database;
      const row = await db('licenses').where({ id: template.id }).first();
      for (let made = 1; made < 20_000; made += 500) {
        const count = Math.min(500, 20_000 - made);
        const copies = Array.from({ length: count }, (_copy, index) => {
          const n = String(made + index).padStart(6, '0');
          return {
            ...row,
            id: `lic_copy${n}`,
            key_hash: `${owner.account_id}${n}`,
            created_at: row.created_at + made + index,
          };
        }).map((copy) => ({ ...copy, id: `${copy.id}_${owner.account_id.slice(-8)}` }));
        await db.batchInsert('licenses', copies, 40);
      }
      let chunks = 0;
      let text = '';
      let heapMax = 0;
      let readAtFirst = 0;
      const heapBefore = process.memoryUsage().heapUsed;
      let pages = 0;
      const countPages = ({ sql }: { sql: string }) => {
        if (/from .licenses./.test(sql)) pages += 1;
      };
      db.on('query', countPages);
      for await (const chunk of await chunksOf[way](owner.read_only, {})) {
        if (chunks === 0) readAtFirst = pages;
        chunks += 1;
        text += chunk;
        heapMax = Math.max(heapMax, process.memoryUsage().heapUsed);
      }
      db.removeListener('query', countPages);
      expect(readAtFirst).toBeLessThan(pages);
      expect(pages).toBe(40);
      expect(chunks).toBeGreaterThan(10);
      // The text itself is kept by this test; beyond it and young garbage nothing may pile up.
      expect(heapMax - heapBefore).toBeLessThan(2 * text.length + 120 * 2 ** 20);
      expect(new Set(toObjects(text).map(({ id }) => id)).size).toBe(20_000);
    });

    it('an export that is given up in the middle stops reading', async () => {
      const owner = await createVendor(server);
      const { id: product_id } = await owner.product();
      for (let n = 0; n < 3; n++) await rest.call(createLicense, { product_id }, { key: owner.admin });
      for await (const chunk of await chunksOf[way](owner.admin, {})) {
        expect(chunk).toContain('id,key');
        break;
      }
      expect(toObjects(await csvOf({}, owner.admin))).toHaveLength(3);
    });
  });

  it('a channel key gets no export', async () => {
    const vendor = await createVendor(server);
    const answer = await restDoor(() => server.baseUrl).call(exportLicenses, {}, { key: vendor.channel });
    expect([answer.status, answer.error?.code]).toEqual([403, 'PERMISSION_DENIED']);
  });
});
