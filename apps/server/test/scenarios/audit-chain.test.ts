import { join } from 'node:path';
import {
  type AuditEntry,
  createCustomer,
  createProduct,
  eraseCustomer,
  listAuditEntries,
  reinstateLicense,
  rotateLicenseKey,
  suspendLicense,
  updateLicense,
} from '@thrivetech/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Platform } from '../../src/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { verifyAuditChain } from '../../src/modules/audit/index.ts';
import { loadMasterKey } from '../../src/platform/crypto/master-key.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createVendor, unique, type Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import {
  createTestDatabase,
  type DatabaseKind,
  eachDatabase,
  type TestDatabase,
} from '../support/each-database.ts';
import { TestClock, type TestServer } from '../support/test-server.ts';

type Row = Record<string, string | number | null>;

/** A server whose keys are at hand: the chain is keyed. */
function useAuditedServer(kind: DatabaseKind) {
  const clock = new TestClock();
  let database: TestDatabase;
  let platform: Platform;
  let baseUrl = '';
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    platform = await compose({
      config: readConfig({ DATA_DIR: database.dataDir, DATABASE_URL: database.databaseUrl }),
      log: createLogger('silent', { write: () => {} }),
      clock,
    });
    baseUrl = await platform.app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await platform?.close();
    await database?.remove();
  });
  const server: TestServer = {
    get platform() {
      return platform;
    },
    get baseUrl() {
      return baseUrl;
    },
    clock,
    logLines: [],
  };
  const verify = (account_id: string) => {
    const key = loadMasterKey(join(database.dataDir, 'keys', 'master.key')).derive('audit-chain');
    return verifyAuditChain(platform.uow.read.audit, account_id, key);
  };
  return { server, verify };
}

eachDatabase((kind) => {
  const { server, verify } = useAuditedServer(kind);
  const door = restDoor(() => server.baseUrl);
  const entries = (vendor: Vendor): Promise<Row[]> =>
    server.platform.database('audit_entries').where({ account_id: vendor.account_id }).orderBy('sequence');
  const headOf = (vendor: Vendor) =>
    server.platform.database('account_counters').where({ account_id: vendor.account_id }).first();

  it('a storm of parallel changes makes one chain: no gap, no fork, and it verifies', async () => {
    const vendors = [await createVendor(server), await createVendor(server)];
    const licenses = await Promise.all(vendors.map((vendor) => vendor.license()));
    const calls = vendors.flatMap((vendor, n) =>
      Array.from({ length: 25 }, (_call, index) => {
        const licenseId = licenses[n]?.id;
        const options = { key: vendor.admin };
        return [
          () => door.call(createProduct, { name: unique('Product') }, options),
          () => door.call(createCustomer, { email: `${unique('c')}@example.com` }, options),
          () => door.call(updateLicense, { licenseId, device_limit: index + 1 }, options),
          () => door.call(index % 2 ? suspendLicense : reinstateLicense, { licenseId }, options),
          () => door.call(rotateLicenseKey, { licenseId }, options),
        ];
      }).flat(),
    );
    const answers = await Promise.all(calls.map((call) => call()));
    expect(answers.filter(({ success }) => !success)).toEqual([]);
    for (const vendor of vendors) {
      const rows = await entries(vendor);
      expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_row, index) => index + 1));
      expect(rows.length).toBeGreaterThanOrEqual(102);
      expect(await verify(vendor.account_id)).toEqual({ verified: rows.length, broken: null });
      expect((await headOf(vendor)).audit_hash).toBe(rows.at(-1)?.['hash']);
    }
  });

  it('the list shows the chain as it is, the newest first, page by page', async () => {
    const vendor = await createVendor(server);
    for (let n = 0; n < 7; n++) await vendor.product();
    const rows = await entries(vendor);
    const seen: AuditEntry[] = [];
    let cursor: string | undefined;
    do {
      const filter = { limit: 3, ...(cursor && { cursor }) };
      const page = await door.call<AuditEntry[]>(listAuditEntries, filter, { key: vendor.read_only });
      seen.push(...page.data);
      cursor = page.pagination?.next_cursor ?? undefined;
    } while (cursor);
    expect(seen.map(({ sequence, hash, erased }) => [sequence, hash, erased])).toEqual(
      rows.toReversed().map(({ sequence, hash }) => [sequence, hash, false]),
    );
    const [newest] = seen;
    const some = await door.call<AuditEntry[]>(
      listAuditEntries,
      { target_id: newest?.target_id, action: 'product.created', actor_id: newest?.actor_id },
      { key: vendor.admin },
    );
    expect(some.data).toEqual([newest]);
    expect(JSON.stringify(seen)).not.toContain('salt');
  });

  it('an erasure leaves the chain whole, and the entries say that they were erased', async () => {
    const vendor = await createVendor(server);
    const customer = await vendor.customer({ name: 'Ada' });
    await vendor.license({ customer_id: customer.id });
    const erasure = await door.call(eraseCustomer, { customerId: customer.id }, { key: vendor.admin });
    expect(erasure.success).toBe(true);
    const rows = await entries(vendor);
    expect(await verify(vendor.account_id)).toEqual({ verified: rows.length, broken: null });
    const { data } = await door.call<AuditEntry[]>(listAuditEntries, {}, { key: vendor.admin });
    expect(data.map(({ action, erased }) => [action, erased])).toEqual([
      ['customer.erased', false],
      ['license.created', true],
      ['product.created', false],
      ['customer.created', true],
    ]);
  });

  describe('tampering is found at the first link that does not hold:', () => {
    const length = 7;
    let vendor: Vendor;
    let rows: Row[];
    let head: Row;
    beforeAll(async () => {
      vendor = await createVendor(server);
      const customer = await vendor.customer();
      await vendor.license({ customer_id: customer.id });
      for (let n = 0; n < length - 3; n++) await vendor.product();
      rows = await entries(vendor);
      head = await headOf(vendor);
      expect(rows).toHaveLength(length);
      expect(await verify(vendor.account_id)).toEqual({ verified: length, broken: null });
    });
    const table = () => server.platform.database('audit_entries');
    const replaceAll = async (changed: Row[]) => {
      await table().where({ account_id: vendor.account_id }).delete();
      await table().insert(changed);
    };
    /** Puts other rows in place, looks where the chain breaks, and puts the true ones back. */
    const brokenAt = async (changed: Row[]) => {
      await replaceAll(changed);
      const report = await verify(vendor.account_id);
      await replaceAll(rows);
      if (report.broken) expect(report.verified).toBe(report.broken.sequence - 1);
      return report.broken?.sequence ?? null;
    };
    const changedAt = (sequence: number, change: Row) =>
      rows.map((row) => (row['sequence'] === sequence ? { ...row, ...change } : row));

    it('any column of any entry', async () => {
      for (const sequence of [1, 4, length]) {
        const row = rows[sequence - 1] as Row;
        const columns = Object.keys(row).filter((name) => !['account_id', 'sequence'].includes(name));
        expect(columns.length).toBeGreaterThanOrEqual(13);
        for (const column of columns) {
          const value = row[column];
          const other = typeof value === 'number' ? value + 1 : value === null ? '{}' : `${value} `;
          expect([column, await brokenAt(changedAt(sequence, { [column]: other }))]).toEqual([
            column,
            sequence,
          ]);
        }
      }
    });

    it('an entry moved to another account', async () => {
      const other = await createVendor(server);
      await table().where({ id: rows[2]?.['id'] }).update({ account_id: other.account_id, sequence: 900 });
      expect((await verify(vendor.account_id)).broken?.sequence).toBe(3);
      expect((await verify(other.account_id)).broken?.sequence).toBe(1);
      await table().where({ account_id: other.account_id }).delete();
      await replaceAll(rows);
    });

    it('the first, one in the middle or the last removed', async () => {
      for (const sequence of [1, 4, length]) {
        expect(await brokenAt(rows.filter((row) => row['sequence'] !== sequence))).toBe(sequence);
      }
    });

    it('one removed and the others moved up', async () => {
      const moved = rows
        .filter((row) => row['sequence'] !== 3)
        .map((row, index) => ({ ...row, sequence: index + 1 }));
      expect(await brokenAt(moved)).toBe(3);
    });

    it('one inserted, in the middle or at the end, as a copy of a true one', async () => {
      const forged = { ...rows[1], id: 'aud_forged' };
      const middle = [...rows.slice(0, 4), forged, ...rows.slice(4)].map((row, n) => ({
        ...row,
        sequence: n + 1,
      }));
      expect(await brokenAt(middle as Row[])).toBe(5);
      expect(await brokenAt([...rows, { ...forged, sequence: length + 1 } as Row])).toBe(length + 1);
    });

    it('two swapped', async () => {
      const swapped = [...rows];
      [swapped[2], swapped[4]] = [{ ...rows[4], sequence: 3 } as Row, { ...rows[2], sequence: 5 } as Row];
      expect(await brokenAt(swapped)).toBe(3);
    });

    it('contents changed, emptied, or called erased while they are there', async () => {
      expect(await brokenAt(changedAt(2, { after: '{"name":"Eve"}' }))).toBe(2);
      expect(await brokenAt(changedAt(2, { after: null }))).toBe(2);
      expect(await brokenAt(changedAt(2, { salt: null }))).toBe(2);
    });

    it('contents wiped as if they had been erased, though nobody was', async () => {
      expect(await brokenAt(changedAt(5, { before: null, after: null, salt: null }))).toBe(5);
    });

    it('a counter that says another length or another end', async () => {
      const counters = () =>
        server.platform.database('account_counters').where({ account_id: vendor.account_id });
      for (const change of [
        { audit: length + 1 },
        { audit: length - 1 },
        { audit_hash: rows[0]?.['hash'] },
      ]) {
        await counters().update(change);
        expect((await verify(vendor.account_id)).broken?.sequence).toBe(length + 1);
        await counters().update({ audit: head['audit'], audit_hash: head['audit_hash'] });
      }
      expect((await verify(vendor.account_id)).broken).toBeNull();
    });
  });
});
