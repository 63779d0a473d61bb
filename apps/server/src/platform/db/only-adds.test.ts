import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// The release before serves on while the migrations of the next one run, and afterwards until the last node is
// replaced: a migration may take nothing away that it uses. docs/operating.md, "Upgrading".

const folder = join(import.meta.dirname, '../../../migrations');
/** Up to this one there was no release that could have run meanwhile. */
const lastFree = '20261126-04-cache-changes.ts';

const isAllowed = /^\/\/ contract: \S/m;
const takesAway = [
  /\.(drop\w+|rename\w+|setNullable|dropNullable|alter)\(/,
  /\bdrop\s+(table|column|index|constraint|view|function|trigger|type)\b/i,
  /\brename\s+(to|column|constraint)\b/i,
  /\balter\s+column\b/i,
  /\bset\s+not\s+null\b/i,
];

/** What the release before could not live with. What only `down` does is free. */
function faultsOf(text: string): string[] {
  if (isAllowed.test(text)) return [];
  const up = text.replace(/^export async function down\b[\s\S]*?^}/m, '');
  const faults = takesAway.flatMap((pattern) => up.match(pattern)?.[0] ?? []);
  for (const [altered] of up.matchAll(/alterTable\([\s\S]*?^ {2}\}\);/gm)) {
    for (const line of altered.split('\n')) {
      // A row that the release before inserts does not name the column.
      if (line.includes('.notNullable()') && !line.includes('.defaultTo(')) faults.push(line.trim());
    }
  }
  return faults;
}

const migration = (up: string, down = '') =>
  `export async function up(db: Knex): Promise<void> {\n${up}\n}\n\nexport async function down(db: Knex): Promise<void> {\n${down}\n}\n`;

describe('a migration only adds', () => {
  const held = readdirSync(folder).filter((name) => name > lastFree);

  it('there are some that the rule holds', () => {
    expect(readdirSync(folder)).toContain(lastFree);
    expect(held).not.toEqual([]);
  });

  it.each(held)('%s', (name) => {
    expect(faultsOf(readFileSync(join(folder, name), 'utf8'))).toEqual([]);
  });
});

describe('the rule', () => {
  it.each([
    "  await db.schema.dropTable('licenses');",
    "  await db.schema.alterTable('licenses', (table) => {\n    table.dropColumns('notes');\n  });",
    "  await db.schema.alterTable('licenses', (table) => {\n    table.renameColumn('notes', 'remarks');\n  });",
    "  await db.schema.alterTable('licenses', (table) => {\n    table.bigInteger('seats').alter();\n  });",
    "  await db.schema.alterTable('licenses', (table) => {\n    table.text('colour').notNullable();\n  });",
    '  await db.raw(`drop index licenses_by_type`);',
    '  await db.raw(`alter table licenses\n    rename column notes to remarks`);',
    '  await db.raw(`alter table licenses alter column notes type bigint`);',
  ])('refuses %s', (up) => {
    expect(faultsOf(migration(up))).not.toEqual([]);
    expect(faultsOf(`// contract: 1.4 no longer reads it\n${migration(up)}`)).toEqual([]);
  });

  it.each([
    "  await db.schema.createTable('colours', (table) => {\n    table.text('id').notNullable();\n  });",
    "  await db.schema.alterTable('licenses', (table) => {\n    table.text('colour');\n    table.integer('n').notNullable().defaultTo(0);\n  });",
    '  await db.raw(`create index licenses_by_colour on licenses (colour)`);',
  ])('allows %s', (up) => {
    expect(faultsOf(migration(up, "  await db.schema.dropTable('colours');"))).toEqual([]);
  });
});
