import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorCodes, ThriveError } from '../../src/errors.ts';

const guide = readFileSync(join(import.meta.dirname, '../../../../docs/admin-client.md'), 'utf8');

/** The first cells of the table that begins with this heading. */
function firstColumn(heading: string): string[] {
  const [, table = ''] = guide.split(`\n| ${heading} |`);
  const rows = table.split('\n\n')[0]?.split('\n').slice(2) ?? [];
  return rows.map((row) => row.split('|')[1]?.trim().replaceAll('`', '') ?? '');
}

test('the guide names codes that there are', () => {
  const codes = firstColumn('code');
  expect(codes.length).toBeGreaterThan(4);
  for (const code of codes) expect(Object.keys(errorCodes)).toContain(code);
});

test('the guide has every member of an error', () => {
  const members = Object.keys(new ThriveError('TIMEOUT')).filter((name) => !['name', 'cause'].includes(name));
  expect(firstColumn('member').sort()).toEqual(members.sort());
});
