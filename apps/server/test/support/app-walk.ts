import {
  activateLicense,
  contract as contracts,
  deactivateLicense,
  type License,
  type ProcedureContract,
  revokeLicense,
  startTrial,
  validateLicense,
} from '@thrivetech/contracts';
import { dayMs } from '../../src/platform/clock.ts';
import { digest, iso, parts, setSuspended } from './app.ts';
import { createVendor, machine, unique, type Vendor } from './builders.ts';
import type { Door } from './doors.ts';
import { pathOf, sendRaw } from './raw.ts';
import type { TestServer } from './test-server.ts';

/** Stands in every text that no app may see. */
export const mark = 'MARKER4711';
const signedText = /eyJ[\w-]+\.([\w-]+)\.[\w-]+/g;

export interface Stage {
  readonly server: TestServer;
  readonly vendor: Vendor;
  readonly product_id: string;
  readonly customer_id: string;
}

/** What happened: everything that the app got to see, and the ids that are its own. */
export interface Seen {
  readonly outcome: string;
  readonly text: string;
  readonly own: readonly string[];
}

/** A vendor whose every free text is a marker, with licenses, devices and keys beside those that the app may know. */
export async function furnishMarked(server: TestServer): Promise<Stage> {
  const vendor = await createVendor(server);
  const texts = { name: `${mark} name`, metadata: { note: `${mark} metadata` } };
  const product = await vendor.product({
    ...texts,
    code: unique(mark),
    description: `${mark} description`,
    license_defaults: { trial_days: 14, device_limit: 1, features: { export: true } },
  });
  const customer = await vendor.customer({
    ...texts,
    email: `${unique(mark)}@example.com`,
    company: `${mark} company`,
    phone: `${mark} phone`,
  });
  await server.platform
    .database('api_keys')
    .where({ account_id: vendor.account_id })
    .update({ name: `${mark} key` });
  await server.platform
    .database('accounts')
    .where({ id: vendor.account_id })
    .update({ name: `${mark} account` });
  return { server, vendor, product_id: product.id, customer_id: customer.id };
}

/** Makes every call of an app, in every outcome, and notes all that the app got to see. */
export async function playEverything(stage: Stage, door: Door, note: (seen: Seen) => void): Promise<void> {
  const { server, vendor, product_id, customer_id } = stage;
  const now = server.clock.now();
  const named = (fingerprint?: string) => machine(fingerprint, { name: `${mark} laptop`, platform: mark });
  const license = (fields: Record<string, unknown> = {}): Promise<License> =>
    vendor.license({ product_id, customer_id, notes: `${mark} notes`, metadata: { x: mark }, ...fields });

  /** Calls as the app; ids of what it names, and of what the answer gives it for its own, are its own. */
  const app = async (
    call: string,
    contract: ProcedureContract,
    input: Record<string, unknown>,
    { own = [] as string[], headers = {}, key = vendor.channel } = {},
  ) => {
    const answer = await sendRaw(server, pathOf(door, contract), {
      method: 'POST',
      key,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(input),
    });
    const body = JSON.parse(answer.text);
    const data = body.data ?? body.result?.data ?? {};
    const reason = (answer.error?.details as { reason?: string } | undefined)?.reason;
    const isReasoned = answer.error?.code === 'PERMISSION_DENIED';
    const proven = data.valid === false && data.lease ? ' with a lease' : '';
    const verdict =
      data.result ??
      (data.code && `${data.code}${proven}`) ??
      `${answer.error?.code}${isReasoned && reason ? ` ${reason}` : ''}`;
    const replayed = answer.headers.get('idempotency-replayed') === 'true';
    const outcome = replayed ? `${call} replayed${answer.error ? ` ${verdict}` : ''}` : `${call} ${verdict}`;
    // A lease names its product in `aud`, so that it cannot serve another app.
    const ids = [data.license?.id, data.device?.id, product_id, ...own].filter(Boolean);
    const headerText = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    const text = withoutTrpcPath(`${headerText}\n${answer.text}`);
    const claims = [...text.matchAll(signedText)].map(([, payload = '']) =>
      Buffer.from(payload, 'base64url').toString('utf8'),
    );
    note({ outcome, text: [text, ...claims].join('\n'), own: ids });
    return { data, replayed };
  };
  const activate = (one: License, device: object, more: object = {}, options = {}) =>
    app(
      'activate',
      activateLicense,
      { license_key: one.key, device, ...more },
      { own: [one.id], ...options },
    );
  const validate = (one: License, device?: object, more: object = {}) =>
    app(
      'validate',
      validateLicense,
      { license_key: one.key, ...(device && { device }), ...more },
      { own: [one.id] },
    );
  const deactivate = (one: License, device: object) =>
    app('deactivate', deactivateLicense, { license_key: one.key, device }, { own: [one.id] });
  const trial = (input: Record<string, unknown>, options = {}) => app('trial', startTrial, input, options);

  // A license that works: every result, and every refusal that names devices.
  const working = await license();
  const nonce = Buffer.alloc(16, 7).toString('base64url');
  const first = { ...named(), components: parts('one') };
  const { data: active } = await activate(working, first, { nonce });
  await activate(working, first);
  const moved = { ...first, fingerprint: 'changed-os', components: { ...parts('one'), cpu: digest('new') } };
  await activate(working, moved);
  await validate(working, moved, { nonce });
  await validate(working, moved, { required_features: ['print'] });
  await validate(working, moved, { required_features: ['print'], nonce });
  await validate(working, named());
  await validate(working);
  await activate(working, named());
  const second = named();
  await activate(working, second, { replace_device_id: active.device.id });
  await activate(working, named(), { replace_device_id: 'dev_none' });
  await deactivate(working, second);
  await deactivate(working, second);
  await validate(working, second, { nonce });
  await deactivate(working, named());

  // What an app cannot have, and what stands in the way.
  const stranger = await (await createVendor(server)).license({ notes: mark });
  for (const key of ['no such key', stranger.key]) {
    const unknown = { license_key: key, device: named() };
    await app('activate', activateLicense, unknown);
    await app('validate', validateLicense, unknown);
    await app('deactivate', deactivateLicense, unknown);
  }
  const timed = {
    type: 'timed',
    starts_at: iso(now - 9 * dayMs),
    expires_at: iso(now - dayMs),
    grace_days: 0,
  };
  const expired = await license(timed);
  const early = await license({ starts_at: iso(now + dayMs) });
  const suspended = await license();
  await activate(suspended, first);
  await setSuspended(server, suspended.id, now);
  // Seated while they held: the machines to which a refusal is proven.
  for (const [one, then] of [
    [expired, now - 5 * dayMs],
    [early, now + 2 * dayMs],
  ] as const) {
    server.clock.set(then);
    await activate(one, first);
  }
  server.clock.set(now);
  const revoked = await license();
  await activate(revoked, first);
  await door.call(revokeLicense, { licenseId: revoked.id, reason: `${mark} reason` }, { key: vendor.admin });
  for (const one of [expired, early, suspended, revoked]) {
    await activate(one, named());
    await validate(one, named());
    await validate(one, first, { nonce });
    await deactivate(one, first);
  }

  // Trials.
  const tried = { product_id, device: named() };
  await trial(tried);
  const { data: running } = await trial(tried);
  await trial({ product_id: 'prd_none', device: named() });
  const plain = await vendor.product({ name: mark });
  await trial({ product_id: plain.id, device: named() });
  await setSuspended(server, running.license.id, now);
  await trial(tried);
  await setSuspended(server, running.license.id, null);
  server.clock.advance(15 * dayMs);
  await trial(tried);
  server.clock.set(now);
  await door.call(revokeLicense, { licenseId: running.license.id, reason: mark }, { key: vendor.admin });
  await trial(tried);

  // Replays, refused requests, and what an app may not call at all.
  const headers = { 'idempotency-key': unique('once') };
  const again = await license();
  const device = named();
  for (let n = 0; n < 2; n++) await activate(again, device, {}, { headers });
  const refused = { 'idempotency-key': unique('refused') };
  for (let n = 0; n < 2; n++) await activate(early, device, {}, { headers: refused });
  const started = { 'idempotency-key': unique('trial') };
  const newcomer = { product_id, device: named() };
  for (let n = 0; n < 2; n++) await trial(newcomer, { headers: started });
  await activate(again, { fingerprint: 'x', name: mark.repeat(30) });
  await activate(again, device, {}, { key: 'tt_chan_wrong' });
  const managed = contracts.filter(({ keys, method }) => !keys.includes('channel') && method === 'POST');
  for (const contract of managed) await app('key type', contract, contract.example);

  // A plan that is used up: last, because no further machine gets a seat.
  const crowded = await license({ device_limit: 5 });
  await server.platform.uow.runInternal((tx) =>
    tx.accounts.change(vendor.account_id, { plan_code: 'starter' }),
  );
  await server.platform
    .database('account_counters')
    .where({ account_id: vendor.account_id })
    .update({ activations: 1_500 });
  await activate(crowded, named());

  const keyset = await sendRaw(server, '/.well-known/thrive-keys.json');
  const payloads = [...keyset.text.matchAll(signedText)].map(([, payload = '']) =>
    Buffer.from(payload, 'base64url').toString('utf8'),
  );
  note({ outcome: 'keyset', text: [keyset.text, ...payloads].join('\n'), own: [] });
}

/** tRPC repeats the name of the procedure that was called. */
const withoutTrpcPath = (text: string): string => text.replace(/"path":"[\w.]+"/g, '');
