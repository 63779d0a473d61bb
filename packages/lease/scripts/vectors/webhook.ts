import { createHmac } from 'node:crypto';
import { sha256 } from './kit.ts';
import type { VectorFile, VectorGroup, VectorTest } from './vector-file.ts';

/** Epoch seconds of the public vector of Standard Webhooks, around which all others are set. */
const SENT = 1_649_367_553;
const PUBLIC_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const PUBLIC_ID = 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk';
const PUBLIC_BODY = '{"email":"test@example.com","username":"test_user"}';
const PUBLIC_SIGNATURE = 'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=';

/** TEST ONLY. */
const secretOf = (name: string): string =>
  `whsec_${sha256(`TEST ONLY webhook secret: ${name}`).toString('base64')}`;
const SECRET = secretOf('present');
const FORMER = secretOf('former');
const STRANGER = secretOf('stranger');

const ID = 'evt_01k9zj4t5w8x2y6b3c7d9f1g5h';
const BODY = JSON.stringify({
  id: ID,
  type: 'license.created',
  created_at: '2022-04-07T21:39:13.000Z',
  data: { customer_email: 'zoë@example.com', note: '雪 \u{1f511}' },
});

function sign(secret: string, id: string, timestamp: string | number, body: string): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
const SIGNATURE = sign(SECRET, ID, SENT, BODY);

interface Delivery {
  readonly id?: string;
  readonly timestamp?: string;
  readonly signature?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly now?: number;
}

function inputOf({
  id = ID,
  timestamp = String(SENT),
  signature = SIGNATURE,
  headers,
  body = BODY,
  now = SENT,
}: Delivery) {
  const usual = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  return { headers: headers ?? usual, body, now };
}

const good = (comment: string, delivery: Delivery, ...flags: string[]): VectorTest => ({
  comment,
  flags,
  input: inputOf(delivery),
  expected: { standardWebhooks: 'valid' },
});
/** `standardWebhooks`: what a plain library of Standard Webhooks says. */
const refused =
  (error: string, standardWebhooks = 'invalid') =>
  (comment: string, delivery: Delivery, ...flags: string[]): VectorTest => ({
    comment,
    flags,
    input: inputOf(delivery),
    error,
    expected: { standardWebhooks },
  });
const missing = refused('header_missing');
const malformed = refused('header_malformed');
const unsigned = refused('signature');

const group = (comment: string, secrets: readonly string[], tests: readonly VectorTest[]): VectorGroup => ({
  type: 'WebhookVerify',
  comment,
  secrets,
  toleranceSeconds: 300,
  tests,
});
const withoutHeader = (name: string) => {
  const { [name]: _left, ...headers } = inputOf({}).headers as Record<string, string>;
  return { headers };
};
const signedAt = (timestamp: string) => ({ timestamp, signature: sign(SECRET, ID, SENT, BODY) });
const signedId = (id: string) => ({ id, signature: sign(SECRET, id, SENT, BODY) });
const signedBody = (body: string) => ({ body, signature: sign(SECRET, ID, SENT, body) });
const strange = (count: number) =>
  Array.from({ length: count }, (_, index) => sign(secretOf(`other ${index}`), ID, SENT, BODY)).join(' ');
const digest = SIGNATURE.slice('v1,'.length);

export const webhookVectors: VectorFile = {
  algorithm: 'standard-webhooks',
  schema: 'webhook_signature_v1',
  header: [
    'Whether a delivery is to be believed, or why not. HMAC-SHA-256 over id.timestamp.body under the bytes of the secret.',
    'The secrets are made for these vectors from public texts, or published with the specification: TEST ONLY.',
  ],
  notes: {
    PublicVector: 'Published with Standard Webhooks.',
    Boundary: 'A second before, at, and a second after the tolerance.',
    Rotation:
      'While a secret is rotated the server signs with both, and the receiver may know either or both.',
    RawBody: 'The signature is over the bytes as they arrived, before any parser.',
    Stricter:
      'A plain library of Standard Webhooks accepts this. With a dot in the id, or a time in two spellings, one signature stands for two deliveries.',
    NoEvent: 'The signature holds, and the body is no event of this product.',
    XHeaders:
      'The server sends its headers a second time with X- in front, for receivers whose proxy drops unknown ones.',
    Bound: 'Of a header that goes on and on, no more than 16 signatures are looked at.',
  },
  groups: [
    group(
      'The public vector',
      [PUBLIC_SECRET],
      [
        refused('body', 'valid')(
          'the signature holds; the body is an example of the specification and no event',
          { id: PUBLIC_ID, signature: PUBLIC_SIGNATURE, body: PUBLIC_BODY },
          'PublicVector',
          'NoEvent',
        ),
        unsigned(
          'another id',
          { id: `${PUBLIC_ID}x`, signature: PUBLIC_SIGNATURE, body: PUBLIC_BODY },
          'PublicVector',
        ),
      ],
    ),
    group(
      'One secret',
      [SECRET],
      [
        good('all is well', {}),
        good('names of headers in capitals', { headers: renamed((name) => name.toUpperCase()) }),
        good('names of headers as Node does not write them', {
          headers: renamed((name) => name.replace('webhook', 'Webhook')),
        }),
        unsigned('by another secret', { signature: sign(STRANGER, ID, SENT, BODY) }),
        unsigned('of another id', { signature: sign(SECRET, 'evt_other', SENT, BODY) }),
        unsigned('of another time', { signature: sign(SECRET, ID, SENT + 1, BODY) }),
        unsigned('the body has one sign more', { body: `${BODY} ` }, 'RawBody'),
        unsigned(
          'the body was parsed and written again',
          { body: JSON.stringify(JSON.parse(BODY), null, 1) },
          'RawBody',
        ),
        unsigned('the body was escaped', { body: escaped(BODY) }, 'RawBody'),
        unsigned('a body that is empty', { body: '' }),
        good('white space and escapes of its own, as signed', signedBody(` ${escaped(BODY)}\n`), 'RawBody'),
      ],
    ),
    group(
      'Headers that are missing',
      [SECRET],
      [
        ...['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
          missing(`no ${name}`, withoutHeader(name)),
        ),
        missing('no header at all', { headers: {} }),
        missing('an empty id', { id: '' }),
        missing('an empty time', { timestamp: '' }),
        missing('an empty signature', { signature: '' }),
        {
          ...good('only those with X- in front', { headers: renamed((name) => `x-${name}`) }, 'XHeaders'),
          expected: { standardWebhooks: 'invalid' },
        },
      ],
    ),
    group(
      'Headers that are malformed',
      [SECRET],
      [
        malformed('a time that is no number', { timestamp: 'now' }),
        refused('header_malformed', 'valid')('a time with a fraction', signedAt(`${SENT}.5`), 'Stricter'),
        refused('header_malformed', 'valid')('a time with a sign', signedAt(`+${SENT}`), 'Stricter'),
        refused('header_malformed', 'valid')(
          'a time with letters behind it',
          signedAt(`${SENT}abc`),
          'Stricter',
        ),
        refused('header_malformed', 'valid')('an id with a dot', signedId('evt_1.2'), 'Stricter'),
        refused('header_malformed', 'valid')('an id with a space', signedId('evt 1'), 'Stricter'),
        refused('header_malformed', 'valid')(
          'an id of 257 characters',
          signedId('e'.repeat(257)),
          'Stricter',
          'Bound',
        ),
        good('an id of 256 characters', signedId('e'.repeat(256)), 'Bound'),
        malformed('a negative time', { timestamp: `-${SENT}` }),
        malformed('a time in hexadecimal', { timestamp: `0x${SENT.toString(16)}` }),
      ],
    ),
    group(
      'Time',
      [SECRET],
      [
        good('299 seconds old', { now: SENT + 299 }, 'Boundary'),
        good('300 seconds old', { now: SENT + 300 }, 'Boundary'),
        refused('too_old')('301 seconds old', { now: SENT + 301 }, 'Boundary'),
        refused('too_old')('a year old', { now: SENT + 365 * 86_400 }),
        good('299 seconds ahead', { now: SENT - 299 }, 'Boundary'),
        good('300 seconds ahead', { now: SENT - 300 }, 'Boundary'),
        refused('too_new')('301 seconds ahead', { now: SENT - 301 }, 'Boundary'),
        refused('too_new')('a time in milliseconds', signedAt(`${SENT}00`)),
        refused('too_old')('old, and signed by another secret: the time is told first', {
          now: SENT + 301,
          signature: sign(STRANGER, ID, SENT, BODY),
        }),
      ],
    ),
    group(
      'The header of signatures',
      [SECRET],
      [
        good(
          'ours behind one of a stranger',
          { signature: `${sign(STRANGER, ID, SENT, BODY)} ${SIGNATURE}` },
          'Rotation',
        ),
        good(
          'ours in front of one of a stranger',
          { signature: `${SIGNATURE} ${sign(STRANGER, ID, SENT, BODY)}` },
          'Rotation',
        ),
        good('another version in front of ours', { signature: `v1a,AAAA v2,${digest} ${SIGNATURE}` }),
        unsigned('a version that is not ours', { signature: `v2,${digest}` }),
        unsigned('a version in capitals', { signature: `V1,${digest}` }),
        unsigned('no version', { signature: digest }),
        unsigned('a version without a signature', { signature: 'v1,' }),
        unsigned('the signature cut short', { signature: SIGNATURE.slice(0, -8) }),
        unsigned('the signature in hexadecimal', {
          signature: `v1,${Buffer.from(digest, 'base64').toString('hex')}`,
        }),
        unsigned('two signatures with a comma between', {
          signature: `${sign(STRANGER, ID, SENT, BODY)},${digest}`,
        }),
        unsigned('no base64', { signature: 'v1,!!!' }),
        good('the sixteenth of sixteen', { signature: `${strange(15)} ${SIGNATURE}` }, 'Bound'),
        refused('signature', 'valid')(
          'the seventeenth',
          { signature: `${strange(16)} ${SIGNATURE}` },
          'Bound',
        ),
      ],
    ),
    group(
      'Two secrets, at the receiver too',
      [FORMER, SECRET],
      [
        good('by the present one', {}, 'Rotation'),
        good('by the former one', { signature: sign(FORMER, ID, SENT, BODY) }, 'Rotation'),
        good('by both', { signature: `${SIGNATURE} ${sign(FORMER, ID, SENT, BODY)}` }, 'Rotation'),
        unsigned('by a stranger', { signature: sign(STRANGER, ID, SENT, BODY) }, 'Rotation'),
      ],
    ),
    group(
      'Only the present secret, after the rotation',
      [SECRET],
      [
        good('by both', { signature: `${sign(FORMER, ID, SENT, BODY)} ${SIGNATURE}` }, 'Rotation'),
        unsigned('by the former one', { signature: sign(FORMER, ID, SENT, BODY) }, 'Rotation'),
      ],
    ),
    group(
      'Bodies that are no event',
      [SECRET],
      [
        ...['{}', '[]', 'null', '"text"', 'no JSON', '{"id":1,"type":"x"}', '{"id":"evt_1"}'].map((body) =>
          refused('body', 'valid')(body, signedBody(body), 'NoEvent'),
        ),
        unsigned('no event, and not signed: nothing is parsed before the signature holds', { body: '{}' }),
      ],
    ),
  ],
};

function renamed(rename: (name: string) => string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputOf({}).headers).map(([name, value]) => [rename(name), value]),
  );
}

function escaped(text: string): string {
  return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
