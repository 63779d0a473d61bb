import { readFileSync } from 'node:fs';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, it } from 'vitest';
import { newWebhookSecret, signedHeaders } from './webhook-signature.ts';

const body = '{"id":"evt_01","type":"license.created","data":{"name":"Łukasz \\u2028 🎫"}}';
const delivery = { id: 'evt_01', type: 'license.created', body, attempt: 3 };
const [secret, previous, stranger] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()];
/** Outside verifiers go by the time of the machine. */
const sign = (secrets: readonly string[], agoMs = 0) =>
  signedHeaders(secrets, { ...delivery, sent_at: Date.now() - agoMs });

const verifiers = [
  ['standardwebhooks', (key: string) => new StandardWebhook(key)],
  ['svix', (key: string) => new SvixWebhook(key)],
] as const;

describe.each(verifiers)('%s', (_library, verifierOf) => {
  const verify = (key: string, headers: Record<string, string>, payload: string | Buffer = body) =>
    verifierOf(key).verify(payload, headers);

  it('accepts a delivery, as text and as the bytes that arrive', () => {
    expect(verify(secret, sign([secret]))).toEqual(JSON.parse(body));
    expect(verify(secret, sign([secret]), Buffer.from(body))).toEqual(JSON.parse(body));
  });

  it('accepts it during a rotation, whichever of the two secrets it knows', () => {
    const headers = sign([secret, previous]);
    expect(verify(secret, headers)).toEqual(JSON.parse(body));
    expect(verify(previous, headers)).toEqual(JSON.parse(body));
    expect(() => verify(stranger, headers)).toThrow('signature');
  });

  it('refuses the former secret once the rotation is over', () => {
    expect(() => verify(previous, sign([secret]))).toThrow('signature');
  });

  it('refuses a body of which one byte was changed', () => {
    const headers = sign([secret, previous]);
    for (const at of [0, 20, Buffer.byteLength(body) - 1]) {
      const bytes = Buffer.from(body);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(() => verify(secret, headers, bytes)).toThrow('signature');
    }
    expect(() => verify(secret, headers, `${body} `)).toThrow('signature');
  });

  it('refuses another id and another time under the same signature', () => {
    const headers = sign([secret]);
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect(() => verify(secret, { ...headers, 'webhook-id': 'evt_02' })).toThrow('signature');
    expect(() => verify(secret, { ...headers, 'webhook-timestamp': later })).toThrow('signature');
  });

  it('refuses what was signed more than five minutes ago', () => {
    expect(verify(secret, sign([secret], 290_000))).toEqual(JSON.parse(body));
    expect(() => verify(secret, sign([secret], 310_000))).toThrow('old');
  });
});

describe('the headers', () => {
  const headers = signedHeaders([secret, previous], { ...delivery, sent_at: 1_790_000_000_999 });

  it('say what is delivered, which attempt it is and when, twice', () => {
    expect(headers).toEqual({
      'webhook-id': 'evt_01',
      'webhook-timestamp': '1790000000',
      'webhook-signature': expect.any(String),
      'x-webhook-id': 'evt_01',
      'x-webhook-timestamp': '1790000000',
      'x-webhook-signature': headers['webhook-signature'],
      'x-webhook-event': 'license.created',
      'x-webhook-attempt': '3',
    });
  });

  it('have a signature for each secret, the present one first, one space between and one comma in each', () => {
    const tokens = headers['webhook-signature']?.split(' ') ?? [];
    expect(tokens).toHaveLength(2);
    for (const token of tokens) expect(token).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    const [first] = tokens;
    const alone = signedHeaders([secret], { ...delivery, sent_at: 1_790_000_000_000 });
    expect(alone['webhook-signature']).toBe(first);
  });
});

describe('a new secret', () => {
  it('is whsec_ and base64 of 32 bytes, each time others', () => {
    const secrets = Array.from({ length: 50 }, newWebhookSecret);
    expect(new Set(secrets).size).toBe(50);
    for (const text of secrets) {
      expect(text).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
      expect(Buffer.from(text.slice('whsec_'.length), 'base64')).toHaveLength(32);
    }
  });
});

interface VectorGroup {
  readonly comment: string;
  readonly secrets: readonly string[];
  readonly tests: readonly {
    readonly comment: string;
    readonly flags: readonly string[];
    readonly input: { readonly headers: Record<string, string>; readonly body: string };
    readonly result: 'valid' | 'invalid';
  }[];
}

describe('the published vectors', () => {
  const path = '../../../../../packages/lease/vectors/webhook-signature.json';
  const { testGroups } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
    testGroups: VectorGroup[];
  };
  const signaturesOf = (headers: Record<string, string>, text: string, secrets: readonly string[]) => {
    const lower = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const header = (name: string) => lower[name] ?? lower[`x-${name}`] ?? '';
    const sent_at = Number(header('webhook-timestamp')) * 1_000;
    const ours = signedHeaders(secrets, { ...delivery, id: header('webhook-id'), body: text, sent_at });
    return { ours: ours['webhook-signature']?.split(' '), theirs: header('webhook-signature').split(' ') };
  };

  it('the one of Standard Webhooks: we would have sent this very signature', () => {
    const [group] = testGroups.filter(({ comment }) => comment === 'The public vector');
    const test = group?.tests.find(({ comment }) => comment.startsWith('the signature holds'));
    if (!group || !test) throw new Error('The public vector is gone.');
    const { ours, theirs } = signaturesOf(test.input.headers, test.input.body, group.secrets);
    expect(theirs).toEqual(['v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=']);
    expect(ours).toEqual(theirs);
  });

  it('of every delivery that receivers must take, a signature is ours', () => {
    const valid = testGroups.flatMap(({ secrets, tests }) =>
      tests.filter(({ result }) => result === 'valid').map((test) => ({ ...test, secrets })),
    );
    expect(valid.length).toBeGreaterThan(10);
    for (const { comment, input, secrets } of valid) {
      const { ours, theirs } = signaturesOf(input.headers, input.body, secrets);
      expect(
        ours?.some((signature) => theirs.includes(signature)),
        comment,
      ).toBe(true);
    }
  });

  it('a delivery signed with both secrets has the two signatures that we send, and no other', () => {
    const group = testGroups.find(({ secrets }) => secrets.length === 2);
    const test = group?.tests.find(({ comment }) => comment === 'by both');
    if (!group || !test) throw new Error('The vector of a rotation is gone.');
    const { ours, theirs } = signaturesOf(test.input.headers, test.input.body, group.secrets);
    expect(ours?.sort()).toEqual(theirs.sort());
  });
});
