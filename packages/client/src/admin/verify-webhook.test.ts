import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import type { WebhookEvent } from './generated/types.ts';
import { signWebhook } from './sign-webhook.ts';
import { verifyWebhook } from './verify-webhook.ts';

const now = Date.parse('2026-11-25T12:00:00.000Z');
const atNow = { now: () => now };
const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const secret = newSecret();
const id = 'evt_01k9zj4t5w8x2y6b3c7d9f1g5h';
const body = JSON.stringify({
  id,
  type: 'license.revoked',
  created_at: '2026-11-25T12:00:00.000Z',
  account_id: 'acc_1',
  sequence: 7,
  data: { license_id: 'lic_1', note: 'é 🔑' },
});
const event = JSON.parse(body) as unknown;
const signed = (options: { secret?: string; body?: string; id?: string; now?: number } = {}) =>
  signWebhook(options.body ?? body, {
    id: options.id ?? id,
    secret: options.secret ?? secret,
    now: () => options.now ?? now,
  });
const refusal = (reason: string) => expect.objectContaining({ code: 'INVALID_WEBHOOK', details: { reason } });

describe('a webhook', () => {
  test('signed by the library of Standard Webhooks is believed, and its event has a type', async () => {
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(now / 1000),
      'webhook-signature': new Webhook(secret).sign(id, new Date(now), body),
    };
    const believed = await verifyWebhook(body, headers, secret, atNow);
    expect(believed).toEqual(event);
    expectTypeOf(believed).toEqualTypeOf<WebhookEvent>();
    if (believed.type === 'license.activated') expectTypeOf(believed.data.device_id).toEqualTypeOf<string>();
  });

  test('signed here is believed by the library of Standard Webhooks', async () => {
    // The library takes no clock.
    vi.useFakeTimers({ now });
    try {
      expect(new Webhook(secret).verify(body, await signed())).toEqual(event);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ['Headers', (headers: Record<string, string>) => new Headers(headers)],
    ['those of a request of Node', (headers: Record<string, string>) => headers],
    ['lists', (headers: Record<string, string>) => mapValues(headers, (value) => [value])],
  ])('is believed whatever its headers come in: %s', async (_name, given) => {
    await expect(verifyWebhook(body, given(await signed()), secret, atNow)).resolves.toEqual(event);
  });

  test('is believed by the headers with X- in front, as the server sends them too', async () => {
    const headers = Object.fromEntries(
      Object.entries(await signed()).map(([name, value]) => [`X-${name}`, value]),
    );
    await expect(verifyWebhook(body, headers, secret, atNow)).resolves.toEqual(event);
    await expect(verifyWebhook(body, new Headers(headers), secret, atNow)).resolves.toEqual(event);
  });

  test('is believed as bytes, and by their exact sequence', async () => {
    await expect(verifyWebhook(Buffer.from(body), await signed(), secret, atNow)).resolves.toEqual(event);
    const parsedAndPrinted = JSON.stringify(event, null, 1);
    await expect(verifyWebhook(parsedAndPrinted, await signed(), secret, atNow)).rejects.toEqual(
      refusal('signature'),
    );
  });

  test('is believed while its secret is rotated: two signatures and one secret, or the other way round', async () => {
    const next = newSecret();
    const [old, fresh] = await Promise.all([signed(), signed({ secret: next })]);
    const both = { ...old, 'webhook-signature': `${fresh['webhook-signature']} ${old['webhook-signature']}` };
    for (const known of [secret, next]) {
      await expect(verifyWebhook(body, both, known, atNow)).resolves.toEqual(event);
    }
    for (const sent of [old, fresh]) {
      await expect(verifyWebhook(body, sent, [next, secret], atNow)).resolves.toEqual(event);
    }
    await expect(verifyWebhook(body, both, newSecret(), atNow)).rejects.toEqual(refusal('signature'));
  });

  test('is believed for five minutes in both directions and not a second longer', async () => {
    const at = async (seconds: number) =>
      verifyWebhook(body, await signed(), secret, { now: () => now + seconds * 1000 });
    await expect(at(300)).resolves.toEqual(event);
    await expect(at(-300)).resolves.toEqual(event);
    await expect(at(301)).rejects.toEqual(refusal('too_old'));
    await expect(at(-301)).rejects.toEqual(refusal('too_new'));
  });

  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const)(
    'is not believed without %s, nor with another',
    async (name) => {
      const headers = await signed();
      const without = { ...headers, [name]: undefined };
      await expect(verifyWebhook(body, without, secret, atNow)).rejects.toEqual(refusal('header_missing'));
      const others = { 'webhook-id': 'evt_2', 'webhook-timestamp': String(now / 1000 + 1) };
      const other = { ...headers, [name]: { 'webhook-signature': 'v1,AAAA', ...others }[name] };
      await expect(verifyWebhook(body, other, secret, atNow)).rejects.toEqual(refusal('signature'));
    },
  );

  test.each([
    ['one byte', (value: string) => `v1,${value[3] === 'A' ? 'B' : 'A'}${value.slice(4)}`],
    ['the version', (value: string) => value.replace('v1,', 'v2,')],
    ['the end', (value: string) => value.slice(0, -8)],
    ['an alphabet that is none', () => 'v1,%%%%'],
    ['nothing after the version', () => 'v1,'],
  ])('is not believed when its signature differs in %s', async (_name, change) => {
    const headers = await signed();
    const changed = { ...headers, 'webhook-signature': change(headers['webhook-signature']) };
    await expect(verifyWebhook(body, changed, secret, atNow)).rejects.toEqual(refusal('signature'));
  });

  test('is not believed with a part of its body moved into the id', async () => {
    const inner = '{"id":"evt_2","type":"license.created"}';
    const headers = await signed({ body: `{"note":"${now / 1000}.${inner}` });
    const moved = { ...headers, 'webhook-id': `${id}.${now / 1000}.{"note":"` };
    await expect(verifyWebhook(inner, moved, secret, atNow)).rejects.toEqual(refusal('header_malformed'));
  });

  test.each(['1e9', '0x10', ' 1', '-1', ''])('is not believed with the time "%s"', async (time) => {
    const headers = { ...(await signed()), 'webhook-timestamp': time };
    await expect(verifyWebhook(body, headers, secret, atNow)).rejects.toMatchObject({
      code: 'INVALID_WEBHOOK',
    });
  });

  test.each(['', 'null', '[]', '{"id":"evt_1"}', '{"type":"license.created"}', '{'])(
    'with the body %s is no event, signed or not',
    async (text) => {
      const headers = await signed({ body: text });
      await expect(verifyWebhook(text, headers, secret, atNow)).rejects.toEqual(refusal('body'));
    },
  );

  test('that is not UTF-8 is no event', async () => {
    const bytes = Uint8Array.from([0x22, 0xff, 0x22]);
    const headers = await signWebhook(bytes, { id, secret, now: () => now });
    await expect(verifyWebhook(bytes, headers, secret, atNow)).rejects.toEqual(refusal('body'));
  });
});

test.each(['', 'whsec_', 'whsec_%', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])(
  'a secret "%s" is a mistake of the receiver, not of the sender',
  async (wrong) => {
    await expect(verifyWebhook(body, await signed(), wrong, atNow)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  },
);

test('without any secret nothing is believed, and the receiver hears why', async () => {
  await expect(verifyWebhook(body, await signed(), [], atNow)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  });
});

const mapValues = <From, To>(of: Record<string, From>, to: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, to(value)]));
