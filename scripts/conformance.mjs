// `npm run conformance`: Schemathesis, made by others, calls a fresh server with what the OpenAPI document allows and
// with what it forbids, and holds every answer against the document. Arguments after `--` are Schemathesis' own,
// for instance `--include-path /licenses` or `--seed 1`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pinnedNode, root, run } from './processes.mjs';
import { ensureInstalled } from './setup.mjs';

const version = '4.32.5';
const examplesMin = '100';
const folder = join(root, '.conformance');
const checks = join(root, 'scripts', 'conformance_checks.py');
const bin = join(folder, 'venv', process.platform === 'win32' ? 'Scripts' : 'bin');

await ensureInstalled();
await ensureSchemathesis();

const dataDir = mkdtempSync(join(tmpdir(), 'thrive-conformance-'));
const { server, start } = await startServer(dataDir);
const failed = [];
try {
  const known = await makeThings(start);
  // The channel key first: with the admin key it may get revoked.
  const runs = [
    { name: 'activations, channel key', key: start.channel_key, filter: ['--include-tag=Activations'] },
    { name: 'every operation, admin key', key: start.admin_key, filter: [] },
  ];
  for (const { name, key, filter } of runs) {
    console.log(`\n${name}`);
    const { code } = await test(start.base_url, key, known, filter);
    if (code !== 0) failed.push(name);
  }
  const health = await fetch(`${start.base_url}/readyz`).catch((error) => ({ status: error.message }));
  if (health.status !== 200) failed.push(`afterwards the server is not ready (${health.status})`);
} finally {
  server.kill('SIGTERM');
  if (server.exitCode === null) await once(server, 'exit');
  rmSync(dataDir, { recursive: true, force: true });
}
console.log(
  failed.length === 0 ? '\nThe server conforms to its document.' : `\nFindings in: ${failed.join('; ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

async function ensureSchemathesis() {
  const done = join(folder, `schemathesis-${version}`);
  if (existsSync(done)) return;
  console.log(`Installing Schemathesis ${version} into .conformance`);
  mkdirSync(folder, { recursive: true });
  const python = process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3');
  const venv = await run(python, ['-m', 'venv', join(folder, 'venv')]).catch((error) => error);
  if (venv.code !== 0) stop('This needs Python 3.10 or newer with venv; PYTHON says where it is.');
  const { code } = await run(join(bin, 'pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    `schemathesis==${version}`,
  ]);
  if (code !== 0) stop('Installing Schemathesis failed; pip says why above.');
  writeFileSync(done, '');
}

function stop(text) {
  console.error(text);
  process.exit(1);
}

async function startServer(dataDir) {
  const server = spawn(pinnedNode, [join(root, 'apps/server/src/main.ts'), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // No limit of attempts: what is asked here is whether answers are right, not whether there are few.
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: '',
      LOG_LEVEL: 'error',
      UNAUTHENTICATED_PER_MINUTE: '1000000',
      WRONG_LICENSE_KEYS_PER_MINUTE: '1000000',
    },
  });
  let text = '';
  for await (const chunk of server.stdout) {
    text += chunk;
    if (text.includes('\n')) return { server, start: JSON.parse(text) };
  }
  throw new Error('The server did not start.');
}

/** Things whose ids are right, so that not every call ends at "there is no such license". */
async function makeThings({ base_url, admin_key, license_key, product_id }) {
  const post = async (path, body) => {
    const response = await fetch(`${base_url}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin_key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!answer.success) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer.data;
  };
  const several = (make) => Promise.all(Array.from({ length: 5 }, (_, index) => make(index)));
  // A name that leads nowhere: what counts here are our own answers.
  const endpoints = await several((n) =>
    post('/webhooks/endpoints', { url: `https://hooks-${n}.example.invalid/` }),
  );
  const customers = await several((n) => post('/customers', { email: `customer-${n}@example.com` }));
  const licenses = await several((n) =>
    post('/licenses', {
      product_id,
      customer_id: customers[n].id,
      type: n % 2 ? 'floating' : 'timed',
      duration_days: 30,
    }),
  );
  const seats = await several((n) =>
    post('/activate', { license_key: licenses[n].key, device: { fingerprint: `machine-${n}` } }),
  );
  const apiKeys = await several((n) => post('/api-keys', { name: `key ${n}`, type: 'channel' }));
  const list = async (path) => {
    const response = await fetch(`${base_url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${admin_key}` },
    });
    return (await response.json()).data;
  };
  let deliveries = [];
  // They are made beside the calls that cause them.
  while (deliveries.length === 0) deliveries = await list('/webhooks/deliveries');
  const ids = (things) => things.map(({ id }) => id);
  return {
    productId: [product_id],
    customerId: ids(customers),
    licenseId: ids(licenses),
    deviceId: seats.map(({ device }) => device.id),
    apiKeyId: ids(apiKeys),
    eventId: ids(await list('/events')),
    endpointId: ids(endpoints),
    deliveryId: ids(deliveries),
    planCode: ['starter', 'growth', 'enterprise'],
    license_key: [license_key, ...licenses.map(({ key }) => key)],
    fingerprint: seats.map((_, n) => `machine-${n}`),
  };
}

async function test(base_url, key, known, filter) {
  const inBody = { license_key: 'license_key', fingerprint: 'device.fingerprint' };
  const config = [
    ...Object.entries(known).flatMap(([name, values]) => [
      `[dictionaries.${name}]`,
      `values = ${JSON.stringify(values)}`,
    ]),
    // An operation that only ever heard "no such key" was not tested.
    '[warnings]',
    'fail-on = ["missing_auth"]',
    '[parameters]',
    ...Object.keys(known).map(
      (name) =>
        `"${inBody[name] ? 'body' : 'path'}.${inBody[name] ?? name}" = { dictionary = "${name}", probability = 0.6 }`,
    ),
  ];
  const configPath = join(folder, 'schemathesis.toml');
  writeFileSync(configPath, `hooks = ${JSON.stringify(checks)}\n${config.join('\n')}\n`);
  return run(join(bin, 'schemathesis'), [
    `--config-file=${configPath}`,
    'run',
    join(root, 'apps/server/openapi.json'),
    `--url=${base_url}/api/v1`,
    `--header=Authorization: Bearer ${key}`,
    `--max-examples=${examplesMin}`,
    '--continue-on-failure',
    '--generation-database=none',
    // A wrong method is a 404 here: the reference's table of statuses is closed and has no 405. And for accepted data
    // conformance_checks.py brings a check that knows our rules between fields.
    '--exclude-checks=unsupported_method,allow_header_conformance,positive_data_acceptance',
    ...filter,
    ...process.argv.slice(2),
  ]);
}
