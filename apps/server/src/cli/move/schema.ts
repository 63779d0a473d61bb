import type { Knex } from 'knex';
import type { Dialect } from '../../platform/db/dialect/dialect.ts';

/** A table as the database itself describes it. */
export interface Table {
  readonly name: string;
  /** In one order on every database. */
  readonly columns: readonly string[];
  /** Columns of its primary key, in their order there. */
  readonly key: readonly string[];
  /** Where its rows point, and by which column. */
  readonly references: readonly { readonly column: string; readonly table: string }[];
}

/** All tables of a database, by name. */
export async function readSchema(dialect: Dialect, db: Knex): Promise<Table[]> {
  const { columnsSql, referencesSql } = catalogues[dialect.name];
  const sql = dialect.sqlRunner(db);
  const columns = await sql<{ table_name: string; column_name: string; key_position: number }>(
    columnsSql,
    [],
  );
  const references = await sql<{ table_name: string; column_name: string; target: string }>(
    referencesSql,
    [],
  );
  return [...Map.groupBy(columns, ({ table_name }) => table_name)]
    .map(([name, own]) => ({
      name,
      columns: own.map(({ column_name }) => column_name).sort(),
      key: own
        .filter(({ key_position }) => key_position > 0)
        .sort((a, b) => a.key_position - b.key_position)
        .map(({ column_name }) => column_name),
      references: references
        .filter(({ table_name }) => table_name === name)
        .map(({ column_name, target }) => ({ column: column_name, table: target })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const catalogues = {
  sqlite: {
    columnsSql: `select tables.name as table_name, info.name as column_name, info.pk as key_position
      from sqlite_master as tables join pragma_table_info(tables.name) as info
      where tables.type = 'table' and tables.name not like 'sqlite\\_%' escape '\\'`,
    referencesSql: `select tables.name as table_name, info."from" as column_name, info."table" as target
      from sqlite_master as tables join pragma_foreign_key_list(tables.name) as info
      where tables.type = 'table'`,
  },
  postgres: {
    columnsSql: `select tables.relname as table_name, columns.attname as column_name,
        coalesce(array_position(keys.conkey, columns.attnum), 0) as key_position
      from pg_class as tables
      join pg_attribute as columns on columns.attrelid = tables.oid and attnum > 0 and not attisdropped
      left join pg_constraint as keys on keys.conrelid = tables.oid and keys.contype = 'p'
      where tables.relnamespace = current_schema()::regnamespace and tables.relkind in ('r', 'p')`,
    referencesSql: `select tables.relname as table_name, columns.attname as column_name, targets.relname as target
      from pg_constraint as keys
      join pg_class as tables on tables.oid = keys.conrelid
      join pg_class as targets on targets.oid = keys.confrelid
      join pg_attribute as columns on columns.attrelid = tables.oid and columns.attnum = any (keys.conkey)
      where keys.contype = 'f' and tables.relnamespace = current_schema()::regnamespace`,
  },
};
