import type { Knex } from 'knex';
import type { DatabaseKind } from './each-database.ts';

/** A statement that really ran. */
export interface Statement {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

/** What a plan must not do: `scan` a whole table, `walk` past rows that do not match, `sort` more than a few rows. */
export interface PlanFault {
  readonly kind: 'scan' | 'walk' | 'sort';
  readonly what: string;
}

/** What the page asked for, as far as its plan depends on it. */
export interface PlanContext {
  readonly hasFilter: boolean;
  readonly hasCursor: boolean;
}

/** Finds the faults of a statement's plan. */
export type PlanJudge = (statement: Statement, context: PlanContext) => Promise<PlanFault[]>;

/** Ten pages of the largest size, and the row that tells that there are more. */
const rowsMax = 1_001;

/** Reads of tables that hold a handful of rows, however long the server runs; some come beside any request. */
const small = /from [`"](accounts|account_counters|signing_keys)[`"]|join cache_changes/;

/** Collects the selects that run on a connection meanwhile. */
export async function selectsOf(db: Knex, work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = [];
  const note = ({ sql, bindings }: Statement) => {
    if (/^\s*(select|with)\b/i.test(sql) && !small.test(sql)) statements.push({ sql, bindings });
  };
  db.on('query', note);
  try {
    await work();
  } finally {
    db.removeListener('query', note);
  }
  return statements;
}

export const planJudge = (database: DatabaseKind, db: Knex): PlanJudge =>
  database === 'sqlite' ? sqliteJudge(db) : postgresJudge(db);

/** SQLite tells the way, not the numbers. */
function sqliteJudge(db: Knex): PlanJudge {
  return async ({ sql, bindings }, context) => {
    const rows = await explain<{ detail: string }>(db, 'explain query plan', sql, bindings);
    const steps = rows.map(({ detail }) => detail);
    const tables: string[] = await db('sqlite_master').where({ type: 'table' }).pluck('name');
    const isScan = (step: string) =>
      tables.includes(step.match(/^SCAN (\w+)/)?.[1] ?? '') || step.includes('USING AUTOMATIC');
    const faults: PlanFault[] = steps.filter(isScan).map((what) => ({ kind: 'scan', what }));

    // Only the outermost search is in the order of the list and begins at the cursor.
    const [outermost = ''] = steps;
    if (sql.includes('order by') && (await isWalk(db, outermost, context))) {
      faults.push({ kind: 'walk', what: outermost });
    }
    // Rows that are read by ids which the statement names are as many as these.
    const isById = outermost.endsWith('(id=?)') && bindings.length <= rowsMax + 20;
    if (!isById && steps.some((step) => /^USE TEMP B-TREE FOR .*ORDER BY/.test(step))) {
      faults.push({ kind: 'sort', what: steps.join(' | ') });
    }
    return faults;
  };
}

/**
 * A search that is bound to nothing but the account passes rows by when there is a filter. One that does not begin at
 * the cursor, or skips through all accounts, reads what other pages and other accounts have.
 */
async function isWalk(db: Knex, step: string, { hasFilter, hasCursor }: PlanContext): Promise<boolean> {
  const found = step.match(/^SEARCH \w+ USING (?:COVERING )?INDEX (\w+) \((.+)\)$/);
  if (!found) return false;
  const [, index = '', bound = ''] = found;
  if (bound === 'id=?') return false;
  if (bound.includes('ANY(')) return true;
  const columns: { name: string }[] = await db.raw(`pragma index_info(${index})`);
  if (hasCursor && columns.some(({ name }) => name === 'id') && !/,id\)[<>]/.test(bound)) return true;
  const partial = await db('sqlite_master').where({ name: index }).whereLike('sql', '% where %').first();
  return hasFilter && bound === 'account_id=?' && partial === undefined;
}

/** A node of PostgreSQL's plan, with what it did when it ran. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: PlanNode[];
}

/** PostgreSQL runs the statement and counts: what a step read is what it gave and what it threw away. */
function postgresJudge(db: Knex): PlanJudge {
  return async ({ sql, bindings }) => {
    const [row] = await explain<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      db,
      'explain (analyze, timing off, buffers off, format json)',
      sql,
      bindings,
    );
    const faults: PlanFault[] = [];
    const visit = (node: PlanNode): void => {
      const children = node.Plans ?? [];
      const type = node['Node Type'];
      const table = node['Relation Name'] ?? '';
      const step = `${type} ${table} ${node['Index Name'] ?? ''}`.trim();
      if (type === 'Seq Scan') faults.push({ kind: 'scan', what: step });
      const read =
        (node['Actual Rows'] +
          (node['Rows Removed by Filter'] ?? 0) +
          (node['Rows Removed by Index Recheck'] ?? 0)) *
        node['Actual Loops'];
      if (read > rowsMax) faults.push({ kind: 'walk', what: `${step} reads ${read} rows` });
      const sorted = Math.max(0, ...children.map((child) => child['Actual Rows'] * child['Actual Loops']));
      if (type === 'Sort' && sorted > rowsMax)
        faults.push({ kind: 'sort', what: `${step} of ${sorted} rows` });
      children.forEach(visit);
    };
    if (row) visit(row['QUERY PLAN'][0].Plan);
    return faults;
  };
}

interface RawConnection {
  all(sql: string, values: readonly unknown[], done: (error: Error | null, rows: never[]) => void): void;
  query(sql: string, values: readonly unknown[]): Promise<{ rows: never[] }>;
}

/** Straight to the driver: the statement is the driver's own text already, with its own signs for values. */
async function explain<Row>(
  db: Knex,
  explainWords: string,
  sql: string,
  bindings: readonly unknown[],
): Promise<Row[]> {
  const connection: RawConnection = await db.client.acquireConnection();
  const text = `${explainWords} ${sql}`;
  try {
    if (db.client.config.client === 'pg') return (await connection.query(text, bindings)).rows;
    return await new Promise((resolve, reject) => {
      connection.all(text, bindings, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  } finally {
    await db.client.releaseConnection(connection);
  }
}
