import { createProduct, type Product } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { beforeEach, describe, expect, it } from 'vitest';
import { dayMs, minuteMs } from '../../src/platform/clock.ts';
import { systemRequest } from '../../src/platform/request-context.ts';
import { createVendor, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { type DatabaseKind, eachDatabase } from '../support/each-database.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';

const keptMs = 30 * dayMs;
/** More than one transaction removes. */
const veryMany = 2_300;

eachDatabase((database) => {
  const server = useServer(database);
  let vendor: Vendor;
  beforeEach(async () => {
    vendor = await createVendor(server);
  });
  const db = (): Knex => server.platform.database;
  const comeTo = async (epochMs: number) => {
    server.clock.set(epochMs);
    await server.platform.jobs.runDue();
  };
  /** Everything but what clean-up is about: it must leave all of it alone. */
  const others = async () => {
    const { jobs: _jobs, idempotency_keys: _keys, ...rest } = await allRows(server);
    const { webhook_deliveries: _deliveries, webhook_attempts: _attempts, ...untouched } = rest;
    // Usage has periods of its own, which begin and end meanwhile.
    const { usage_snapshots: _snapshots, account_counters: counters = [], ...others } = untouched;
    return { ...others, account_counters: counters.map((row) => row.replace(/"usage_\w+":\d+/g, '')) };
  };

  describe('stored answers', () => {
    const keysOf = async (): Promise<string[]> => {
      const keys: string[] = await db()('idempotency_keys')
        .where({ account_id: vendor.account_id })
        .orderBy('key')
        .pluck('key');
      // They are told apart by API key as well.
      return keys.map((key) => key.replace(/^.*\//, ''));
    };

    eachDoor((openDoor) => {
      const door = openDoor(() => server.baseUrl);
      const create = async (key: string, name: string) => {
        const headers = { 'idempotency-key': key };
        const { data } = await door.call<Product>(createProduct, { name }, { key: vendor.admin, headers });
        return data.id;
      };

      it('are replayed for a day and gone soon after it, those that are younger stay', async () => {
        const [old, young] = [unique('a-old'), unique('b-young')];
        const storedAt = server.clock.now();
        const id = await create(old, 'The first');
        await comeTo(storedAt + dayMs - 1);
        expect(await create(old, 'The first')).toBe(id);
        await create(young, 'The second');
        const before = await others();
        expect(await keysOf()).toEqual([old, young]);

        await comeTo(storedAt + dayMs + 10 * minuteMs);
        expect(await keysOf()).toEqual([young]);
        expect(await others()).toEqual(before);
        await comeTo(server.clock.now() + dayMs);
        expect(await keysOf()).toEqual([]);
        expect(await others()).toEqual(before);
      });
    });

    it('that are very many are removed in one go', async () => {
      const { account_id } = vendor;
      const created_at = server.clock.now();
      const answer = { account_id, procedure: 'x', request_hash: '', answer_sealed: '', created_at };
      const rows = Array.from({ length: veryMany }, (_, n) => ({
        ...answer,
        key: `${n}`,
        expires_at: created_at + dayMs,
      }));
      rows.push({ ...answer, key: 'last', expires_at: created_at + 3 * dayMs });
      await db().batchInsert('idempotency_keys', rows, 100);
      await comeTo(created_at + 2 * dayMs);
      expect(await keysOf()).toEqual(['last']);
    });
  });

  describe('deliveries', () => {
    /** An endpoint that takes nothing at present, so that what waits there goes on waiting. */
    const newEndpoint = async () => {
      const now = server.clock.now();
      const { account_id } = vendor;
      const id = server.platform.newId('webhook_endpoint', now);
      await server.platform.uow.runInternal(async (tx) => {
        await tx.usage.countMore(systemRequest(account_id, { id, now }), 'webhook_endpoints');
        await tx.endpoints.insert({
          ...{
            id,
            account_id,
            url: 'https://example.com/',
            events: ['*'],
            description: null,
            ordered: false,
          },
          ...{ enabled: false, disabled_reason: 'manual', failing_since: null, secret_sealed: '' },
          ...{ previous_secret_sealed: null, previous_secret_until: null, after_sequence: 0 },
          ...{ created_at: now, updated_at: now, version: 1 },
        });
      });
      return id;
    };
    type Fields = {
      status: 'pending' | 'delivered' | 'failed' | 'canceled';
      updated_at: number;
      due_at?: number;
    };
    /** Deliveries of one event each with two attempts. @returns their ids. */
    const newDeliveries = async (endpoint_id: string, wanted: readonly Fields[]): Promise<string[]> => {
      const { account_id } = vendor;
      const now = server.clock.now();
      const made = wanted.map((fields) => ({ id: server.platform.newId('delivery', now), fields }));
      const ids = made.map(({ id }) => id);
      const event = { account_id, type: 'license.created', request_id: 'req', created_at: now, body: '{}' };
      const events = ids.map((id, n) => ({ ...event, id: `evt_of_${id}`, sequence: 1_000_000 + n }));
      await db().batchInsert('events', events, 100);
      const deliveries = made.map(({ id, fields }, n) => ({
        ...{ id, account_id, endpoint_id, event_id: `evt_of_${id}`, event_type: event.type },
        ...{ sequence: 1_000_000 + n, attempts: 2, due_at: null, created_at: now - 90 * dayMs, ...fields },
      }));
      await db().batchInsert('webhook_deliveries', deliveries, 50);
      const attempts = ids.flatMap((delivery_id) =>
        [1, 2].map((number) => ({
          ...{ id: `${delivery_id}-${number}`, account_id, delivery_id, number, started_at: now },
          ...{ duration_ms: 5, outcome: 'failed' },
        })),
      );
      await db().batchInsert('webhook_attempts', attempts, 100);
      return ids;
    };
    const idsOf = (table: string, column: string): Promise<string[]> =>
      db()(table).where({ account_id: vendor.account_id }).distinct(column).orderBy(column).pluck(column);

    it('that ended more than 30 days ago go with their attempts; younger ones, all that wait, and the events stay', async () => {
      const endpoint = await newEndpoint();
      const now = server.clock.now() + dayMs;
      const [old, young] = [now - keptMs - 1, now - keptMs];
      const gone = await newDeliveries(endpoint, [
        { status: 'delivered', updated_at: old },
        { status: 'failed', updated_at: old },
        { status: 'canceled', updated_at: old - 400 * dayMs },
      ]);
      vendor = await createVendor(server);
      const kept = await newDeliveries(await newEndpoint(), [
        { status: 'delivered', updated_at: young },
        { status: 'failed', updated_at: young },
        { status: 'canceled', updated_at: now },
        // Waits for long, and is due or not: what is not sent is not forgotten.
        { status: 'pending', updated_at: old - 400 * dayMs, due_at: old },
        { status: 'pending', updated_at: old, due_at: now + dayMs },
      ]);
      const before = await others();
      await comeTo(now);
      expect(await idsOf('webhook_deliveries', 'id')).toEqual([...kept].sort());
      expect(await idsOf('webhook_attempts', 'delivery_id')).toEqual([...kept].sort());
      expect(await db()('webhook_deliveries').whereIn('id', gone)).toEqual([]);
      expect(await db()('webhook_attempts').whereIn('delivery_id', gone)).toEqual([]);
      expect(await others()).toEqual(before);
    });

    it('that are very many are removed in one go', async () => {
      const ended = { status: 'delivered' as const, updated_at: server.clock.now() };
      await newDeliveries(
        await newEndpoint(),
        Array.from({ length: veryMany }, () => ended),
      );
      await comeTo(server.clock.now() + keptMs + minuteMs);
      expect(await idsOf('webhook_deliveries', 'id')).toEqual([]);
      expect(await idsOf('webhook_attempts', 'delivery_id')).toEqual([]);
    });

    it('find their attempts by an index when they are removed', async () => {
      const plan = await planOfRemoval(database, db());
      expect(plan).toContain('webhook_attempts_by_delivery');
      expect(plan).not.toMatch(/scan webhook_attempts|seq scan/i);
    });
  });
});

/** How the database finds what goes with a delivery: the statement by which it removes it. */
async function planOfRemoval(kind: DatabaseKind, db: Knex): Promise<string> {
  const removal = `delete from webhook_attempts where delivery_id = 'whd_1'`;
  if (kind === 'sqlite') return JSON.stringify(await db.raw(`explain query plan ${removal}`));
  return db.transaction(async (trx) => {
    // A table of a few rows is read as a whole, whatever indexes it has.
    await trx.raw('set local enable_seqscan = off');
    const { rows } = await trx.raw(`explain ${removal}`);
    return JSON.stringify(rows);
  });
}
