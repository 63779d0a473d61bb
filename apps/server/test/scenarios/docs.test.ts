import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCatalogue } from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { createVendor } from '../support/builders.ts';
import { useServer } from '../support/test-server.ts';

const root = join(import.meta.dirname, '../../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const quickstart = read('docs/quickstart.md');
const errors = read('docs/errors.md');

/** The rows of the table under a heading, cell by cell, without the line of dashes and the heading row. */
function tableUnder(markdown: string, heading: string): string[][] {
  const [, section = ''] = markdown.split(`## ${heading}\n`);
  const [before = ''] = section.split('\n## ');
  const lines = before.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
const unquoted = (cell = ''): string => cell.replaceAll('`', '');

function sources(folder: string): string {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return paths
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => read(join(folder, path)))
    .join('\n');
}

describe('errors.md', () => {
  it('has every code of the catalogue, in its order, with its status, its advice, and whether to try again', () => {
    const table = tableUnder(errors, 'All codes').map(([code, status, again, _when, action]) => [
      unquoted(code),
      Number(status),
      again === 'yes',
      action,
    ]);
    expect(table).toEqual(
      Object.entries(errorCatalogue).map(([code, { status, retryable, action }]) => [
        code,
        status,
        retryable,
        action,
      ]),
    );
  });

  it('has every reason that the server gives', () => {
    const code = sources('apps/server/src');
    const given = (pattern: RegExp) => new Set([...code.matchAll(pattern)].map(([, reason]) => reason));
    const listed = (heading: string) =>
      new Set(tableUnder(errors, heading).map(([reason]) => unquoted(reason)));
    const conflicts = given(/\bconflict\(\s*'(\w+)'/g).add('license_not_started');
    expect(listed('Reasons of a conflict')).toEqual(conflicts);
    expect(listed('Reasons of a refused permission')).toEqual(
      given(/(?:trialRefusal\(|reason: )'(trial_\w+|key_type|operator_only)'/g),
    );
  });
});

describe('README.md', () => {
  it('has every setting with its default', () => {
    const names = [...read('apps/server/src/config/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)];
    const table = tableUnder(readme, 'Configuration').map(([name, usual]) => [
      unquoted(name),
      unquoted(usual),
    ]);
    expect(table.map(([name]) => name)).toEqual(names.map(([, name]) => name));
    const given = Object.fromEntries(table.filter(([, usual]) => usual !== '–'));
    expect(readConfig(given)).toEqual(readConfig({}));
  });

  it('names folders that are there', () => {
    for (const [folder] of tableUnder(readme, 'Map of the house')) {
      expect(readdirSync(join(root, unquoted(folder))).length).toBeGreaterThan(0);
    }
  });

  it('and the other documents link to what is there', () => {
    for (const [folder, text] of [
      ['.', readme],
      ['docs', quickstart],
      ['docs', errors],
    ] as const) {
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)) {
        expect(read(join(folder, target)), target).not.toBe('');
      }
    }
  });
});

describe.each([
  ['README.md', readme, 3],
  ['quickstart.md', quickstart, 9],
])('the requests of %s', (_name, markdown, count) => {
  const server = useServer('sqlite');

  it('work as they stand there, and answer what the line below them says', async () => {
    const vendor = await createVendor(server);
    const license = await vendor.license({ device_limit: 3 });
    const variables: Record<string, string> = {};
    const printed: Record<string, string> = {
      ADMIN_KEY: vendor.admin,
      CHANNEL_KEY: vendor.channel,
      LICENSE_KEY: license.key,
    };
    // biome-ignore lint/suspicious/noExplicitAny: what is inside is said by the document
    let answer: any;
    let ran = 0;
    for (const line of shellLines(markdown)) {
      const [, expectedStatus, expectedResult] = line.match(/^# (\d{3})(?: (\w+))?$/) ?? [];
      const [, variable = '', value = ''] = line.match(/^([A-Z_]+)=(.*)$/) ?? [];
      if (line.startsWith('curl ')) {
        answer = await curl(words(line, variables), server.baseUrl);
        ran += 1;
      } else if (expectedStatus) {
        expect(answer, line).toMatchObject({
          status: Number(expectedStatus),
          ...(expectedResult && { result: expectedResult }),
        });
      } else if (variable) {
        const path = value.match(/^<data\.(\w+)>$/)?.[1];
        variables[variable] = path ? answer.data[path] : (printed[variable] ?? value);
        expect(variables[variable], line).toBeTruthy();
      } else {
        throw new Error(`This test does not understand: ${line}`);
      }
    }
    expect(ran).toBe(count);
  });
});

/** The lines of all shell blocks, those that a backslash continues joined. */
function shellLines(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  return blocks
    .join('\n')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Splits a line into words as a shell would: single quotes keep all, double quotes and none know variables. */
function words(line: string, variables: Record<string, string>): string[] {
  const expand = (text: string) =>
    text.replace(/\$(\w+)/g, (_match, name) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`$${name} is used before it is set.`);
      return value;
    });
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    [...word.matchAll(/'([^']*)'|"([^"]*)"|([^'"]+)/g)]
      .map(([, single, double, plain]) => single ?? expand(double ?? plain ?? ''))
      .join(''),
  );
}

/** Does what `curl` would with the few options that the documents use. */
async function curl([program, ...args]: string[], baseUrl: string) {
  expect(program).toBe('curl');
  const headers = new Headers();
  let url = '';
  let body: string | undefined;
  while (args.length > 0) {
    const word = args.shift() ?? '';
    if (word === '-H') {
      const [name = '', ...value] = (args.shift() ?? '').split(':');
      headers.append(name, value.join(':').trim());
    } else if (word === '-d') body = args.shift();
    else if (word !== '-s') url = word;
  }
  const response = await fetch(url.replace('http://127.0.0.1:4000', baseUrl), {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(body !== undefined && { body }),
  });
  const { data, error } = (await response.json()) as { data?: Record<string, string>; error?: unknown };
  return { status: response.status, data, result: data?.['result'] ?? data?.['code'], error };
}
