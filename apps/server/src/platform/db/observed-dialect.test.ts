import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from '../logger.ts';
import { type Collector, type SentSpan, startCollector } from '../otlp-collector.fixtures.ts';
import { noTracing, openTracing, type Tracing } from '../tracing.ts';
import type { Connections, Dialect } from './dialect/dialect.ts';
import { sqliteDialect } from './dialect/sqlite.ts';
import type { LateWrite } from './late-writes.ts';
import { observeDialect } from './observed-dialect.ts';

let dir: string;
let collector: Collector;
let tracing: Tracing;
let dialect: Dialect;
let connections: Connections;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'thrive-observed-'));
  collector = await startCollector();
  tracing = await openTracing(collector.endpoint, createLogger('silent'));
  dialect = observeDialect(sqliteDialect(join(dir, 'test.sqlite')), tracing);
  connections = dialect.connect();
  await connections.write.raw('create table things (id integer primary key, name text unique)');
});
afterEach(async () => {
  await connections.close();
  await tracing.close();
  await collector.close();
  rmSync(dir, { recursive: true, force: true });
});

const sent = async (): Promise<SentSpan[]> => {
  await tracing.close();
  return collector.spans();
};
const textOf = ({ attributes }: SentSpan) => String(attributes['db.query.text']);
/** Names of spans, and of those they are inside of, from the outermost on. */
const paths = (spans: SentSpan[]): string[] => {
  const nameOf = (span: SentSpan): string => {
    const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
    return parent ? `${nameOf(parent)} > ${span.name}` : span.name;
  };
  return spans.map(nameOf).sort();
};

it('statements of the query builder and prepared ones are spans, without their values', async () => {
  await tracing.observe({ name: 'call' }, async () => {
    await connections.read('things').where({ name: 'Ada' }).first();
    await dialect.sqlRunner(connections.read)('select id from things where name = ?', ['Grace']);
  });
  const spans = await sent();
  expect(paths(spans)).toEqual(['call', 'call > SELECT', 'call > SELECT']);
  expect(spans.filter(({ name }) => name === 'SELECT').map(textOf)).toEqual([
    'select * from `things` where `name` = ? limit ?',
    'select id from things where name = ?',
  ]);
  expect(collector.bodies.join('')).not.toMatch(/Ada|Grace/);
});

it('of thirty transactions that share commits, each has its own statements, and its span lasts until the commit', async () => {
  const count = 30;
  const late: LateWrite<number> = async (db, ids) => {
    for (const id of ids) await db('things').insert({ id, name: `late ${id}` });
    return () => {};
  };
  await Promise.all(
    Array.from({ length: count }, (_, n) =>
      tracing.observe({ name: `call ${n}` }, () =>
        connections.transaction(async (trx, lateWrites) => {
          lateWrites.add(late, -1 - n);
          await trx('things').insert({ id: n + 1, name: `thing ${n}` });
          await dialect.sqlRunner(trx)('update things set name = ? where id = ?', [`new ${n}`, n + 1]);
        }),
      ),
    ),
  );
  const spans = await sent();
  expect(paths(spans)).toEqual(
    Array.from({ length: count }, (_, n) => [
      `call ${n}`,
      `call ${n} > transaction`,
      `call ${n} > transaction > INSERT`,
      `call ${n} > transaction > UPDATE`,
    ])
      .flat()
      .sort(),
  );
  for (const { traceId, name } of spans.filter((span) => span.name === 'transaction')) {
    const mine = spans.filter((span) => span.traceId === traceId);
    const [whole, inside] = [
      mine.find((span) => span.name === name),
      mine.find((span) => span.name === 'INSERT'),
    ];
    expect((whole?.durationNs ?? 0n) > (inside?.durationNs ?? 0n)).toBe(true);
  }
});

it('a statement that fails is told by its code, and fails as it did', async () => {
  await tracing.observe({ name: 'call' }, async () => {
    const insert = () => connections.write('things').insert({ id: 1, name: 'Ada' });
    await insert();
    await expect(insert()).rejects.toThrow('UNIQUE');
    const prepared = dialect.sqlRunner(connections.write);
    await expect(prepared('insert into things values (?, ?)', [1, 'Ada'])).rejects.toThrow('UNIQUE');
  });
  const failed = (await sent()).filter(({ status }) => status === 2);
  expect(failed.map(({ attributes }) => attributes['error.type'])).toEqual(
    Array(2).fill('SQLITE_CONSTRAINT'),
  );
  expect(collector.bodies.join('')).not.toMatch(/Ada|UNIQUE/);
});

it('where nothing is recorded, the dialect is the one that was handed in', () => {
  expect(observeDialect(dialect, noTracing)).toBe(dialect);
});
