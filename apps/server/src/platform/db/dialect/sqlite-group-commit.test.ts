import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import knex, { type Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LateWrite } from '../late-writes.ts';
import type { Connections } from './dialect.ts';
import { sqliteDialect } from './sqlite.ts';
import { groupCommit } from './sqlite-group-commit.ts';

describe('a group commit', () => {
  let dir: string;
  let connections: Connections;
  let statements: string[];
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'thrive-commit-'));
    connections = sqliteDialect(join(dir, 'test.sqlite')).connect();
    await connections.write.raw('create table things (id integer primary key, name text unique)');
    await connections.write.raw(
      'create table parts (id integer primary key, thing integer references things(id) deferrable initially deferred)',
    );
    statements = [];
    connections.write.on('query', ({ sql }: { sql: string }) => statements.push(sql.toUpperCase()));
  });
  afterEach(async () => {
    await connections.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const insert = (id: number, name = `thing ${id}`) =>
    connections.transaction(async (trx) => {
      await trx('things').insert({ id, name });
      return id;
    });
  const committed = (): Promise<number[]> => connections.read('things').orderBy('id').pluck('id');
  const commits = () => statements.filter((sql) => sql.startsWith('COMMIT')).length;
  const range = (count: number) => Array.from({ length: count }, (_n, index) => index + 1);

  it('is shared by work that comes together, and each caller gets its own result', async () => {
    const ids = range(50);
    expect(await Promise.all(ids.map((id) => insert(id)))).toEqual(ids);
    expect(await committed()).toEqual(ids);
    expect(commits()).toBeLessThan(25);
  });

  it('comes at once for work that comes alone', async () => {
    await insert(1);
    await insert(2);
    expect(commits()).toBe(2);
  });

  it('each piece of work stands or falls alone', async () => {
    await insert(100, 'taken');
    const results = await Promise.allSettled(
      range(20).map((id) =>
        connections.transaction(async (trx) => {
          await trx('things').insert({ id, name: `first of ${id}` });
          if (id % 5 === 0) await trx('things').insert({ id: id + 1_000, name: 'taken' });
          if (id % 5 === 1) throw new Error(`work ${id}`);
          return id;
        }),
      ),
    );
    const good = range(20).filter((id) => id % 5 > 1);
    expect(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))).toEqual(good);
    for (const [index, result] of results.entries()) {
      const id = index + 1;
      if (result.status === 'fulfilled') continue;
      if (id % 5 === 0) expect(result.reason).toMatchObject({ code: 'SQLITE_CONSTRAINT' });
      else expect(result.reason.message).toBe(`work ${id}`);
    }
    expect(await committed()).toEqual([...good, 100]);
  });

  it('sees what earlier work of the same commit did, in the order of arrival', async () => {
    const counts = await Promise.all(
      range(30).map((id) =>
        connections.transaction(async (trx) => {
          await trx('things').insert({ id, name: `${id}` });
          const [row] = await trx('things').count({ n: '*' });
          return Number(row?.['n']);
        }),
      ),
    );
    expect(counts).toEqual(range(30));
  });

  it('nobody hears of it before others can read it', async () => {
    await Promise.all(
      range(60).map(async (id) => {
        await insert(id);
        expect(await connections.read('things').where({ id }).first()).toBeDefined();
      }),
    );
  });

  it('that fails rejects all who shared it, leaves nothing of them, and the next one works', async () => {
    const orphan = connections.transaction(async (trx) => {
      await trx('parts').insert({ id: 1, thing: 999 });
    });
    const results = await Promise.allSettled([orphan, insert(1), insert(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    for (const result of results) {
      expect((result as PromiseRejectedResult).reason).toMatchObject({ code: 'SQLITE_CONSTRAINT' });
    }
    expect(await committed()).toEqual([]);
    expect(await insert(3)).toBe(3);
    expect(await committed()).toEqual([3]);
  });

  it('work that fails after queries of its own were left running disturbs nobody', async () => {
    const failing = connections.transaction((trx) =>
      Promise.all([trx('things').insert({ id: 1, name: 'a' }), Promise.reject(new Error('early'))]),
    );
    const results = await Promise.allSettled([failing, insert(2), insert(3)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(await committed()).toEqual([2, 3]);
  });

  it('of a database that somebody else holds too long fails for its caller, and works again afterwards', async () => {
    const file = join(dir, 'test.sqlite');
    const open = (): Knex =>
      knex({
        client: 'sqlite3',
        connection: { filename: file },
        useNullAsDefault: true,
        pool: { min: 1, max: 1 },
      });
    const [mine, other] = [open(), open()];
    const transaction = groupCommit(mine);
    const work = () => transaction((trx) => trx('things').insert({ name: null }));
    try {
      await mine.raw('pragma busy_timeout = 20');
      await other.raw('begin immediate');
      const outcome = await Promise.race([
        work().then(
          () => 'done',
          (error: { code?: string }) => error.code,
        ),
        new Promise((resolve) => setTimeout(resolve, 3_000, 'still waiting')),
      ]);
      expect(outcome).toBe('SQLITE_BUSY');
    } finally {
      await other.raw('rollback');
      await expect(work()).resolves.toBeDefined();
      await Promise.all([mine.destroy(), other.destroy()]);
    }
  });

  it('starves nobody: work that keeps coming does not hold back what came first', async () => {
    let isOver = false;
    let next = 1_000;
    const pressure = range(8).map(async () => {
      while (!isOver) await insert(next++);
    });
    const order: number[] = [];
    await Promise.all(range(100).map((id) => insert(id).then(() => order.push(id))));
    isOver = true;
    await Promise.all(pressure);
    expect(order).toEqual(range(100));
  });

  it('takes slow work too: those behind it wait for it, but not for others to join', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = connections.transaction(async (trx) => {
      await trx('things').insert({ id: 1, name: 'slow' });
      await gate;
    });
    const behind = insert(2);
    expect(await committed()).toEqual([]);
    release();
    await Promise.all([slow, behind]);
    expect(await committed()).toEqual([1, 2]);
  });

  describe('late writes', () => {
    const batches: string[][] = [];
    const heard: string[] = [];
    const writeNames: LateWrite<string> = async (db, names) => {
      batches.push([...names]);
      for (const name of names) await db('things').insert({ id: null, name });
      return () => heard.push(...names);
    };
    const names = (): Promise<string[]> => connections.read('things').orderBy('id').pluck('name');
    beforeEach(() => {
      batches.splice(0);
      heard.splice(0);
    });

    it('of all that share a commit are done together, in order, and are there when the caller hears of it', async () => {
      await Promise.all(
        range(40).map(async (id) => {
          await connections.transaction(async (_trx, late) => late.add(writeNames, `late ${id}`));
          expect(await names()).toContain(`late ${id}`);
        }),
      );
      expect(batches.flat()).toEqual(range(40).map((id) => `late ${id}`));
      expect(batches.length).toBeLessThan(20);
      expect(await names()).toEqual(range(40).map((id) => `late ${id}`));
      expect(heard).toEqual(batches.flat());
    });

    it('of work that fails are never done, and those of the others are', async () => {
      await Promise.allSettled(
        range(10).map((id) =>
          connections.transaction(async (_trx, late) => {
            late.add(writeNames, `late ${id}`);
            if (id % 2 === 0) throw new Error('no');
          }),
        ),
      );
      expect(await names()).toEqual([1, 3, 5, 7, 9].map((id) => `late ${id}`));
    });

    it('that were settled early by work that then fails are done all the same for the others', async () => {
      await Promise.allSettled([
        insert(100, 'holds the connection'),
        connections.transaction(async (_trx, late) => late.add(writeNames, 'of the first')),
        connections.transaction(async (trx, late) => {
          late.add(writeNames, 'of the second');
          await late.settle();
          expect(await trx('things').where({ name: 'of the first' }).first()).toBeDefined();
          throw new Error('no');
        }),
      ]);
      expect(await names()).toEqual(['holds the connection', 'of the first']);
    });

    it('that fail take back all that shared the commit', async () => {
      const failing: LateWrite<string> = async () => {
        throw new Error('cannot write');
      };
      const results = await Promise.allSettled([
        insert(1),
        connections.transaction(async (_trx, late) => late.add(failing, 'x')),
      ]);
      expect(results.some(({ status }) => status === 'rejected')).toBe(true);
      expect(await insert(2)).toBe(2);
    });
  });
});
