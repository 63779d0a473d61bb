import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  activateLicense,
  contract as contracts,
  deactivateLicense,
  errorCatalogue,
  eventBody,
  isPageSchema,
  issueLicenseFile,
  type KeyType,
  keyTypes,
  licenseRequest,
  type ProcedureContract,
  pagination,
  pathParameters,
  plan,
  startTrial,
  validateLicense,
  validationCodes,
} from '@thrivetech/contracts';
import { CLOCK_POLICY, DEVICE_COMPONENTS, FLOATING_LEASE, LeaseError } from '@thrivetech/lease';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ExitCode } from '../../src/cli/support/cli.ts';
import { readConfig } from '../../src/config/config.ts';
import { guideNames } from '../../src/http/guides.ts';
import { errorBody, metaSchema } from '../../src/http/openapi/shared-parts.ts';
import { refusedStatuses } from '../../src/modules/activations/refuse-by-state.ts';
import { newApiKey } from '../../src/modules/api-keys/api-key-format.ts';
import { loadPlanCatalogue } from '../../src/modules/plans/index.ts';
import { dayMs, toTimestamp } from '../../src/platform/clock.ts';
import { claimsOf } from '../support/app.ts';
import { createTestVendor } from '../support/billing.ts';
import { createVendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { useServer } from '../support/test-server.ts';

const root = join(import.meta.dirname, '../../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const guides = Object.fromEntries(
  [...guideNames, 'README' as const].map((name) => [name, read(`docs/${name}.md`)]),
) as Record<(typeof guideNames)[number] | 'README', string>;
const pathOf = (name: string) => `/docs/guides/${name === 'README' ? '' : name}`;

/** The rows of the first table under a heading, cell by cell, without its heading row. */
function tableUnder(markdown: string, heading: string, nth = 0): string[][] {
  const [, section] = markdown
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .split(new RegExp(`^#+ ${heading}\n`, 'm'));
  if (section === undefined) throw new Error(`There is no heading "${heading}".`);
  const [before = ''] = section.split(/^#+ /m);
  const table = [...before.matchAll(/(?:^\|.*\n?)+/gm)][nth]?.[0] ?? '';
  const rows = table.trimEnd().split('\n').slice(2);
  return rows.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
const unquoted = (cell = ''): string => cell.replaceAll('`', '');
const firstColumn = (table: string[][]): string[] => table.map(([cell]) => unquoted(cell));

/** The fields of an input as a caller sees them. */
function fieldsOf({ input, path }: ProcedureContract): {
  all: string[];
  required: string[];
  enumOf: (name: string) => string[];
} {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  const properties = (schema.properties ?? {}) as Record<string, { enum?: string[] }>;
  return {
    all: Object.keys(properties).filter((name) => !pathParameters(path).includes(name)),
    required: schema.required ?? [],
    enumOf: (name) => properties[name]?.enum ?? [],
  };
}
const asContract = (contract: unknown) => contract as ProcedureContract;

describe('the pages of the guides', () => {
  const server = useServer('sqlite');
  const get = (path: string) => fetch(server.baseUrl + path, { redirect: 'manual' });
  const all = (html: string, pattern: RegExp) => [...html.matchAll(pattern)].map(([, found = '']) => found);

  it('are all files of the folder, and the index links to each', () => {
    const files = readdirSync(join(root, 'docs')).map((file) => file.replace('.md', ''));
    expect(files.sort()).toEqual(Object.keys(guides).sort());
    const linked = all(guides.README, /\]\(([\w-]+)\.md\)/g);
    expect(linked.sort()).toEqual([...guideNames].sort());
  });

  it.each(Object.keys(guides))(
    '%s is served whole, without scripts, and asks nobody for anything',
    async (name) => {
      const answer = await get(pathOf(name));
      const html = await answer.text();
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/script-src|unsafe|https?:/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(html).not.toMatch(/<script|<iframe|<img|\son\w+=|\sstyle=|@import|url\(/i);
      expect(all(html, /(?:href|src|action)="([^"]*)"/g).filter((to) => /^(?:\w+:)?\/\//.test(to))).toEqual(
        [],
      );
      expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
      expect(all(html, /<(h1)[ >]/g)).toHaveLength(1);
      expect(html).toContain('</html>');
    },
  );

  it.each(Object.keys(guides))('every link of %s leads somewhere', async (name) => {
    const html = await (await get(pathOf(name))).text();
    const links = [...new Set(all(html, /href="([^"]*)"/g))].filter((to) => !to.startsWith('data:'));
    expect(links.length).toBeGreaterThan(guideNames.length);
    for (const link of links) {
      const url = new URL(link, server.baseUrl + pathOf(name));
      const answer = await fetch(url);
      const page = await answer.text();
      expect([link, answer.status]).toEqual([link, 200]);
      if (url.hash)
        expect(all(page, /\sid="([^"]*)"/g), link).toContain(decodeURIComponent(url.hash.slice(1)));
    }
  });

  it('links of the files lead somewhere on a forge too: to a guide, and to one of its headings', () => {
    for (const [name, markdown] of Object.entries(guides)) {
      for (const target of all(markdown, /\]\(([^)]+)\)/g)) {
        expect(target, name).toMatch(/^(?:[\w-]+\.md)?(?:#[\w-]+)?$/);
        const [file = ''] = target.split('#');
        if (file) expect(Object.keys(guides), `${name}: ${target}`).toContain(file.replace('.md', ''));
      }
    }
  });

  it('ids on a page are unique', async () => {
    for (const name of Object.keys(guides)) {
      const ids = all(await (await get(pathOf(name))).text(), /\sid="([^"]*)"/g);
      expect(new Set(ids).size, name).toBe(ids.length);
    }
  });

  it('what is no guide is not found, whatever the path tries', async () => {
    for (const name of [
      'nothing',
      'README',
      'README.md',
      'quickstart.md',
      '..%2f..%2fpackage.json',
      '%2e%2e/x',
    ]) {
      const answer = await get(`/docs/guides/${name}`);
      expect([name, answer.status]).toEqual([name, 404]);
      expect(await answer.json()).toMatchObject({ error: { code: 'RESOURCE_NOT_FOUND' } });
    }
  });

  it('the folder without its slash leads to the index', async () => {
    const answer = await get('/docs/guides');
    expect([answer.status, answer.headers.get('location')]).toEqual([301, '/docs/guides/']);
  });

  it('the API reference links to the guides, and each guide to the API reference', async () => {
    expect(await (await get('/docs/')).text()).toContain('href="/docs/guides/"');
    for (const name of Object.keys(guides))
      expect(await (await get(pathOf(name))).text(), name).toContain('href="/docs/"');
  });

  it('text that looks like HTML is shown, not obeyed', async () => {
    const html = await (await get('/docs/guides/authentication')).text();
    expect(html).toContain('Bearer &lt;key&gt;');
  });
});

describe('errors.md', () => {
  it('has every code of the catalogue, in its order, with its status, its advice, and whether to try again', () => {
    const table = tableUnder(guides.errors, 'All codes').map(([code, status, again, _when, action]) => [
      unquoted(code),
      Number(status),
      again === 'yes',
      action,
    ]);
    expect(table).toEqual(
      Object.entries(errorCatalogue).map(([code, entry]) => [
        code,
        entry.status,
        entry.retryable,
        entry.action,
      ]),
    );
  });

  it('has every reason that the server gives', () => {
    const code = sources('apps/server/src');
    const given = (pattern: RegExp) => [
      ...new Set([...code.matchAll(pattern)].map(([, reason = '']) => reason)),
    ];
    const listed = (heading: string) => firstColumn(tableUnder(guides.errors, heading)).sort();
    const conflicts = [...given(/\bconflict\(\s*'(\w+)'/g), 'license_not_started'].sort();
    expect(listed('Reasons of a conflict')).toEqual(conflicts);
    expect(listed('Reasons of a refused permission')).toEqual(
      given(/(?:trialRefusal\(|reason: )'(trial_\w+|key_type|operator_only)'/g).sort(),
    );
  });
});

describe('authentication.md', () => {
  it('has the types of key and how each begins', () => {
    const table = tableUnder(guides.authentication, 'Key types').map(([type, begins]) => [
      unquoted(type),
      unquoted(begins),
    ]);
    expect(table.map(([type]) => type)).toEqual([...keyTypes]);
    for (const [type, begins = ''] of table) expect(newApiKey(type as KeyType).startsWith(begins)).toBe(true);
  });

  it('says of every operation who may call it', () => {
    const table = tableUnder(guides.authentication, 'Who may call what').map(([operation, ...marks]) => [
      unquoted(operation),
      ...keyTypes.filter((_type, index) => marks[index] === 'yes'),
    ]);
    expect(table).toEqual(
      contracts.map(({ method, path, keys }) => [
        `${method} ${path}`,
        ...keyTypes.filter((type) => keys.includes(type)),
      ]),
    );
  });

  it('has the bounds of a rotation', () => {
    const rotate = contracts.find(({ name }) => name === 'apiKeys.rotate');
    const schema = z.toJSONSchema(rotate?.input ?? z.never(), { io: 'input' });
    expect(schema.properties?.['overlap_hours']).toMatchObject({ minimum: 0, maximum: 720, default: 24 });
    expect(guides.authentication).toContain('0 to 720, 24 when you say nothing');
  });
});

describe('pagination.md', () => {
  it('has every list with its orders and filters', () => {
    const quoted = (names: string[]) => names.map((name) => `\`${name}\``).join(', ');
    const lists = contracts.filter(({ output }) => isPageSchema(output));
    expect(tableUnder(guides.pagination, 'Lists')).toEqual(
      lists.map((contract) => {
        const { all, enumOf } = fieldsOf(contract);
        return [
          `\`GET ${contract.path}\``,
          quoted(enumOf('sort').filter((order) => !order.startsWith('-'))),
          quoted(all.filter((name) => !['limit', 'cursor', 'sort'].includes(name))),
        ];
      }),
    );
  });
});

describe('rate-limits.md', () => {
  it('has the rates of the built-in plans', () => {
    const rate = (count: number | null) => count?.toLocaleString('en') ?? 'by contract';
    const plans = loadPlanCatalogue(readConfig({}).planFile).list();
    expect(tableUnder(guides['rate-limits'], 'Rate limits')).toEqual(
      plans.map(({ code, rate_limits }) => [
        `\`${code}\``,
        rate(rate_limits.per_minute),
        rate(rate_limits.per_hour),
      ]),
    );
  });

  it('has the limits by address', () => {
    const { unauthenticatedPerMinute, wrongLicenseKeysPerMinute } = readConfig({});
    expect(guides['rate-limits']).toContain(
      `${unauthenticatedPerMinute} a minute (\`UNAUTHENTICATED_PER_MINUTE\`)`,
    );
    expect(guides['rate-limits']).toContain(
      `${wrongLicenseKeysPerMinute} (\`WRONG_LICENSE_KEYS_PER_MINUTE\`)`,
    );
  });
});

describe('activation.md', () => {
  const calls = [
    ['Activate', asContract(activateLicense), ['CONFLICT']],
    ['Validate', asContract(validateLicense), []],
    ['Deactivate', asContract(deactivateLicense), []],
    ['Start a trial', asContract(startTrial), ['PERMISSION_DENIED']],
  ] as const;
  const resultsOf = ({ output }: ProcedureContract): string[] =>
    ((output as z.ZodObject).shape['result'] as z.ZodEnum | undefined)?.options.map(String) ?? [];

  it.each(calls)('%s has every field, and says which are required', (heading, contract) => {
    const table = tableUnder(guides.activation, `${heading}: request`);
    const { all, required } = fieldsOf(contract);
    expect(firstColumn(table).sort()).toEqual([...all].sort());
    const said = table
      .filter(([, meaning]) => /^Required[.]/.test(meaning ?? ''))
      .map(([name]) => unquoted(name));
    expect(said.sort()).toEqual([...required].sort());
  });

  it.each(calls.filter(([heading]) => heading !== 'Validate'))(
    '%s has every result with its status',
    (heading, contract) => {
      const table = tableUnder(guides.activation, `${heading}: results`).map(([result, status]) => [
        unquoted(result),
        Number(status),
      ]);
      expect(table).toEqual(
        resultsOf(contract).map((result) => [
          result,
          contract.statuses.length > 1 ? contract.statusOf({ result }) : contract.statuses[0],
        ]),
      );
    },
  );

  it.each(calls.filter(([heading]) => heading !== 'Validate'))(
    '%s has every refusal with its status',
    (heading, contract, more) => {
      const table = tableUnder(guides.activation, `${heading}: refusals`).map(([code, status]) => [
        unquoted(code),
        Number(status),
      ]);
      const codes = [...new Set([...contract.errors, ...more])].sort();
      expect(table.sort()).toEqual(codes.map((code) => [code, errorCatalogue[code].status]));
    },
  );

  it('has every code of validate', () => {
    const table = tableUnder(guides.activation, 'Validate: codes');
    expect(firstColumn(table).sort()).toEqual([...validationCodes].sort());
    expect(table.filter(([, valid]) => valid === 'yes').map(([code]) => unquoted(code))).toEqual(['VALID']);
  });

  it('has the state in the proof of every refusal', () => {
    const table = tableUnder(guides.activation, 'Validate: a refusal that proves itself');
    expect(Object.fromEntries(table.map((row) => row.map(unquoted)))).toEqual({
      ...refusedStatuses,
      FEATURE_MISSING: 'active',
    });
  });

  it('has every field of a device and every component with its weight', () => {
    const device = (activateLicense.input as unknown as z.ZodObject).shape['device'] as z.ZodObject;
    expect(firstColumn(tableUnder(guides.activation, 'The device'))).toEqual(Object.keys(device.shape));
    expect(
      tableUnder(guides.activation, 'Components').map(([name, weight, strong]) => [
        unquoted(name),
        Number(weight),
        strong,
      ]),
    ).toEqual(
      Object.entries(DEVICE_COMPONENTS).map(([name, { weight, isStrong }]) => [
        name,
        weight,
        isStrong ? 'yes' : 'no',
      ]),
    );
  });

  it('has every field of an answer', () => {
    const { shape } = activateLicense.output as unknown as z.ZodObject;
    const fields = ['device', 'license', 'lease'].flatMap((part) =>
      Object.keys((shape[part] as z.ZodObject).shape).map((field) => [part, field]),
    );
    const table = tableUnder(guides.activation, 'The answer').map(([part, field]) => [
      unquoted(part),
      unquoted(field),
    ]);
    expect(table).toEqual(fields);
  });
});

describe('offline-leases.md', () => {
  const server = useServer('sqlite');

  it('has every claim of a lease as the server makes it', async () => {
    const vendor = await createVendor(server);
    const { key } = await vendor.license();
    const input = { license_key: key, device: { fingerprint: 'machine-of-guide' }, nonce: 'A'.repeat(22) };
    const { data } = await restDoor(() => server.baseUrl).call<{ lease: { token: string } }>(
      activateLicense,
      input,
      {
        key: vendor.channel,
      },
    );
    const claims = claimsOf(data.lease);
    const table = tableUnder(guides['offline-leases'], 'Claims');
    expect(firstColumn(table).sort()).toEqual(Object.keys(claims).sort());
    for (const name of ['lic', 'fp', 'pol']) {
      const [, meaning = ''] = table.find(([claim]) => unquoted(claim) === name) ?? [];
      for (const member of Object.keys(claims[name])) expect(meaning, name).toContain(`\`${member}\``);
    }
  });

  it('has every step of the verification in its order', () => {
    const table = tableUnder(guides['offline-leases'], 'Verify a lease');
    expect(table.map(([step, error]) => [Number(step), unquoted(error)])).toEqual(
      Object.values(LeaseError).map((error, index) => [index + 1, error]),
    );
  });

  it('has the members of the published keys', async () => {
    const published = await (await fetch(`${server.baseUrl}/.well-known/thrive-keys.json`)).json();
    const listed = firstColumn(tableUnder(guides['offline-leases'], 'The keyset and the root key'));
    expect(listed).toEqual(Object.keys(published as object));
  });

  it('has the members of a license file', () => {
    const { file } = (issueLicenseFile.output as unknown as z.ZodObject).shape;
    const listed = firstColumn(tableUnder(guides['offline-leases'], 'A machine without a network'));
    expect(['format', 'version', ...listed]).toEqual(Object.keys((file as z.ZodObject).shape));
  });

  it('has the numbers of the clock and of a lease', async () => {
    const { skew, rollback } = CLOCK_POLICY;
    expect(guides['offline-leases']).toContain(`\`pol.rollback\` (${rollback.toLocaleString('en')} seconds)`);
    expect(guides['offline-leases']).toContain(`\`pol.skew\` is ${skew} seconds`);
    const { license_defaults } = await (await createVendor(server)).product();
    const [floating, other] = tableUnder(guides.activation, 'How long a lease runs');
    expect(floating?.slice(0, 3)).toEqual([
      '`floating`',
      `${FLOATING_LEASE.leaseSeconds / 60} minutes`,
      'none',
    ]);
    expect(other?.[1]).toContain(`(${license_defaults.lease_days})`);
    expect(other?.[2]).toContain(`(${license_defaults.grace_days})`);
  });
});

describe('operating.md', () => {
  const server = useServer('sqlite');

  it('has every setting with its default', () => {
    const names = [...read('apps/server/src/config/config.ts').matchAll(/^ {2,4}([A-Z][A-Z_]+): z/gm)].map(
      ([, name]) => name,
    );
    const table = tableUnder(guides.operating, 'Configuration').map(([name, usual]) => [
      unquoted(name),
      unquoted(usual),
    ]);
    expect(table.map(([name]) => name)).toEqual(names);
    expect(readConfig(Object.fromEntries(table.filter(([, usual]) => usual !== '–')))).toEqual(
      readConfig({}),
    );
  });

  it('has every command, and every exit code', async () => {
    const commands = await Promise.all(
      (await commandsOf()).map(async (name) => {
        const verbs = await commandsOf(name);
        return verbs.length > 0 ? verbs.map((verb) => `${name} ${verb}`) : [name];
      }),
    );
    expect(firstColumn(tableUnder(guides.operating, 'Commands')).sort()).toEqual(commands.flat().sort());
    expect(firstColumn(tableUnder(guides.operating, 'Commands', 1)).map(Number)).toEqual(
      Object.values(ExitCode),
    );
  });

  it('has metrics that there are', async () => {
    await fetch(`${server.baseUrl}/healthz`);
    const metrics = await (await fetch(`${server.baseUrl}/metrics`)).text();
    for (const name of firstColumn(tableUnder(guides.operating, 'Health, metrics, logs', 1)))
      expect(metrics).toMatch(new RegExp(`^# TYPE ${name} `, 'm'));
  });

  it('has every field of a plan', () => {
    expect(firstColumn(tableUnder(guides.operating, 'Plan file')).sort()).toEqual(
      Object.keys(plan.shape).sort(),
    );
    const [builtIn] = loadPlanCatalogue(readConfig({}).planFile).list();
    for (const metric of Object.keys(builtIn?.limits ?? {}))
      expect(guides.operating).toContain(`\`${metric}\``);
  });
});

describe('the JSON of the guides', () => {
  const list = z.strictObject({
    success: z.literal(true),
    data: z.array(z.unknown()),
    meta: metaSchema.extend({ pagination: pagination.strict() }).strict(),
  });
  const shapes: Record<string, z.ZodType> = {
    error: errorBody.strict(),
    list,
    header: z.strictObject({
      alg: z.literal('Ed25519'),
      kid: z.string(),
      typ: z.literal('thrive-lease+jwt'),
    }),
    'activations.activate': (activateLicense.output as unknown as z.ZodObject).strict(),
    event: eventBody('license.activated').strict(),
    'license-request': licenseRequest,
    'license-file': (
      (issueLicenseFile.output as unknown as z.ZodObject).shape['file'] as z.ZodObject
    ).strict(),
  };

  it.each(Object.entries(guides))('has the form that %s says', (_name, markdown) => {
    for (const [, mark = '', json = ''] of markdown.matchAll(/```json ?(.*)\n([\s\S]*?)```/g)) {
      const shape = shapes[mark];
      if (!shape) throw new Error(`Say what this JSON is: \`\`\`json ${Object.keys(shapes).join(' or ')}`);
      expect(shape.safeParse(JSON.parse(json)).error).toBeUndefined();
    }
  });
});

describe('the requests', () => {
  const server = useServer('sqlite');
  const withRequests = Object.entries(guides).filter(([, markdown]) => markdown.includes('curl '));

  it('are in the guides', () => {
    expect(withRequests.length).toBeGreaterThanOrEqual(8);
  });

  it.each(withRequests)(
    'of %s work as they stand there, and answer what the line below says',
    async (_name, markdown) => {
      const vendor = await createVendor(server);
      const license = await vendor.license({ device_limit: 3, features: { export: true } });
      const printed: Record<string, string> = {
        ADMIN_KEY: vendor.admin,
        CHANNEL_KEY: vendor.channel,
        LICENSE_KEY: license.key,
        TEST_KEY: (await createTestVendor(server)).admin,
        UNTIL: toTimestamp(server.clock.now() + 61 * dayMs),
      };
      const variables: Record<string, string> = {};
      let answer: Awaited<ReturnType<typeof curl>> | undefined;
      let isChecked = true;
      for (const line of shellLines(markdown)) {
        const [, status, outcome] = line.match(/^# (\d{3})(?: (\w+))?$/) ?? [];
        const [, variable = '', value = ''] = line.match(/^([A-Z_]+)=(.*)$/) ?? [];
        if (line.startsWith('curl ')) {
          expect(isChecked, `before ${line}: say what it answers`).toBe(true);
          answer = await curl(words(line, variables), server.baseUrl);
          isChecked = false;
        } else if (status) {
          expect(answer?.status, `${line}: ${JSON.stringify(answer?.body)}`).toBe(Number(status));
          if (outcome) expect(answer?.outcomes, line).toContain(outcome);
          isChecked = true;
        } else if (variable) {
          const path = value.match(/^<((?:data|meta)\.[\w.]+)>$/)?.[1];
          variables[variable] = path ? at(answer?.body, path) : (printed[variable] ?? value);
          expect(variables[variable], line).toMatch(/^[^<>]+$/);
        } else {
          throw new Error(`This test does not understand: ${line}`);
        }
      }
      expect(isChecked, 'say what the last one answers').toBe(true);
    },
  );
});

function sources(folder: string): string {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return paths
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => read(join(folder, path)))
    .join('\n');
}

const execute = promisify(execFile);

/** What `thrive --help`, or that of one of its groups, lists. */
async function commandsOf(...group: string[]): Promise<string[]> {
  const { stdout } = await execute(process.execPath, [
    join(root, 'apps/server/src/cli/main.ts'),
    ...group,
    '--help',
  ]);
  const [, listed = ''] = stdout.split('\nCommands:\n');
  const [commands = ''] = listed.split('\n\n');
  return [...commands.matchAll(/^ {2}([a-z-]+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');
}

/** The lines of all shell blocks, those that a backslash continues joined. */
function shellLines(markdown: string): string[] {
  return [...markdown.matchAll(/```(?:ba)?sh\n([\s\S]*?)```/g)]
    .map(([, block = '']) => block)
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

/** Does what `curl` would with the few options that the guides use. */
async function curl([program, ...args]: string[], baseUrl: string) {
  expect(program).toBe('curl');
  const headers = new Headers();
  let url = '';
  let method: string | undefined;
  let body: string | undefined;
  while (args.length > 0) {
    const word = args.shift() ?? '';
    if (word === '-H') {
      const [name = '', ...value] = (args.shift() ?? '').split(':');
      headers.append(name, value.join(':').trim());
    } else if (word === '-d') body = args.shift();
    else if (word === '-X') method = args.shift();
    else if (word.startsWith('-')) expect(['-s', '-i']).toContain(word);
    else url = word;
  }
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:4000\//);
  const response = await fetch(url.replace('http://127.0.0.1:4000', baseUrl), {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers,
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  // biome-ignore lint/suspicious/noExplicitAny: what is inside is said by the guide
  const json: any = isJson ? JSON.parse(text) : {};
  const replayed = response.headers.get('idempotency-replayed') === 'true' ? 'replayed' : undefined;
  return {
    status: response.status,
    body: json,
    outcomes: [json.data?.result, json.data?.code, json.error?.code, replayed],
  };
}

function at(body: unknown, path: string): string {
  const value = path
    .split('.')
    .reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], body);
  return String(value ?? '');
}
