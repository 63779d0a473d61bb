import { claimsWith, keyset, lease, leaseClaims, rootKey, signingKey, strangerKey } from './issuer.ts';
import {
  base64url,
  headerOf,
  KEYSET_TYPE,
  LEASE_TYPE,
  REVOCATIONS_TYPE,
  token,
  withGroupOrderAdded,
  withLooseBits,
} from './kit.ts';
import { accepted, leaseGroup, unreadable } from './lease-group.ts';
import type { VectorGroup, VectorTest } from './vector-file.ts';

const GOOD = lease();
const [header = '', payload = '', signature = ''] = GOOD.split('.');
const { kid } = signingKey;
const CHARS_MAX = 16_384;

const withHeader = (text: string | Uint8Array): string =>
  token({ key: signingKey, header: text, payload: leaseClaims });
const withSignature = (change: (signature: Buffer) => Uint8Array): string =>
  token({
    key: signingKey,
    header: headerOf(signingKey, LEASE_TYPE),
    payload: leaseClaims,
    signature: change,
  });

/** Rightly signed over an odd spelling, so that nothing but strictness refuses it. */
function signedAs(headerText: string, payloadText: string): string {
  const signingInput = `${headerText}.${payloadText}`;
  return `${signingInput}.${base64url(signingKey.sign(signingInput))}`;
}

/** The good claims, with spaces behind them until base64url has `rest` bytes in its last group. */
function payloadWithRest(rest: number, claims: object = leaseClaims): string {
  let text = JSON.stringify(claims);
  while (Buffer.byteLength(text) % 3 !== rest) text += ' ';
  return base64url(text);
}
const loosePayload = payloadWithRest(1);
const wholePayload = payloadWithRest(0);
// Its base64 has both signs that are not in base64url.
const oddPayload = payloadWithRest(0, claimsWith({ ent: { odd: '>>>>~~~~????' } }));

/** A lease that holds, and is exactly so long. */
function leaseOfLength(chars: number): string {
  for (let more = 0; ; more++) {
    const long = lease({ padding: 'x'.repeat(Math.floor(((chars - GOOD.length) * 3) / 4) - 20 + more) });
    if (long.length === chars) return long;
    if (long.length > chars) throw new RangeError(`no lease has ${chars} characters`);
  }
}

const form =
  (error: string, flag?: string) =>
  (comment: string, text: string): VectorTest =>
    unreadable(error, { comment, token: text, ...(flag && { flags: [flag] }) });
const malformed = form('MALFORMED_TOKEN');
const tooLarge = form('TOKEN_TOO_LARGE');
const lax = form('BAD_BASE64URL', 'LaxBase64');
const badHeader = (comment: string, text: string | Uint8Array) =>
  form('BAD_HEADER', 'HeaderTrick')(comment, withHeader(text));
const badLength = form('BAD_SIGNATURE_LENGTH', 'SignatureLength');
const forged = form('BAD_SIGNATURE', 'Forgery');

export const leaseFormGroups: VectorGroup[] = [
  leaseGroup('A good lease', [accepted({ comment: 'all is well', token: GOOD })]),
  leaseGroup('Steps 1 and 2: dots and size', [
    malformed('no text', ''),
    malformed('no dot', header),
    malformed('one dot', `${header}.${payload}`),
    malformed('three dots', `${GOOD}.`),
    malformed('three dots, the first in front', `.${GOOD}`),
    malformed('the five parts of an encrypted token', `${GOOD}.AA.AA`),
    malformed('a JWS in JSON', JSON.stringify({ protected: header, payload, signature })),
    malformed('too long, and no dot', 'A'.repeat(CHARS_MAX + 1)),
    accepted({ comment: 'the most characters', token: leaseOfLength(CHARS_MAX), flags: ['Size'] }),
    form('TOKEN_TOO_LARGE', 'Size')('one character too many', leaseOfLength(CHARS_MAX + 1)),
    form('TOKEN_TOO_LARGE', 'Size')(
      'one character too many, and not base64url',
      `${header}..`.padEnd(CHARS_MAX + 1, '='),
    ),
    lax('the most characters, and not base64url', `${header}..`.padEnd(CHARS_MAX, '=')),
    tooLarge('far too long', lease({ padding: 'x'.repeat(17_000) })),
  ]),
  leaseGroup('Step 3: strict base64url', [
    lax('padding after the signature', `${GOOD}==`),
    lax('padding after the payload', signedAs(header, `${loosePayload}==`)),
    lax('padding after the header', signedAs(`${header}==`, payload)),
    lax('loose bits at the end of the signature', `${header}.${payload}.${withLooseBits(signature)}`),
    lax('loose bits at the end of the payload', signedAs(header, withLooseBits(loosePayload))),
    lax('loose bits at the end of the header', signedAs(withLooseBits(header), payload)),
    lax('a symbol that no byte needs, after the signature', `${GOOD}AAA`),
    lax('a symbol that no byte needs, after the payload', signedAs(header, `${wholePayload}A`)),
    lax('the alphabet of base64, with a slash', signedAs(header, oddPayload.replaceAll('_', '/'))),
    lax('the alphabet of base64, with a plus', signedAs(header, oddPayload.replaceAll('-', '+'))),
    lax(
      'a line break within the payload',
      signedAs(header, `${payload.slice(0, 76)}\r\n${payload.slice(76)}`),
    ),
    lax('a space within the header', signedAs(`${header.slice(0, 8)} ${header.slice(8)}`, payload)),
    lax(
      'a space within the signature',
      `${header}.${payload}.${signature.slice(0, 40)} ${signature.slice(40)}`,
    ),
    lax('a line break at the end', `${GOOD}\n`),
    lax('a space in front', ` ${GOOD}`),
    lax('a null byte at the end', `${GOOD}\0`),
    lax('a letter past ASCII with the low byte of a good one', `${GOOD.slice(0, -1)}\u0141`),
    lax('percent encoding', GOOD.replace('.', '%2e.')),
  ]),
  leaseGroup('Step 4: the one header', [
    badHeader('a fourth member', `{"alg":"Ed25519","kid":"${kid}","typ":"${LEASE_TYPE}","crit":["exp"]}`),
    badHeader('an unencoded payload', `{"alg":"Ed25519","b64":false,"kid":"${kid}","typ":"${LEASE_TYPE}"}`),
    badHeader(
      'an embedded key',
      JSON.stringify({ alg: 'Ed25519', kid, typ: LEASE_TYPE, jwk: { ...strangerKey.jwk } }),
    ),
    badHeader(
      'an address of keys',
      `{"alg":"Ed25519","jku":"https://evil.example","kid":"${kid}","typ":"${LEASE_TYPE}"}`,
    ),
    badHeader('a content type', `{"alg":"Ed25519","cty":"JWT","kid":"${kid}","typ":"${LEASE_TYPE}"}`),
    badHeader(
      'alg twice, the good one last',
      `{"alg":"none","alg":"Ed25519","kid":"${kid}","typ":"${LEASE_TYPE}"}`,
    ),
    badHeader('alg twice, alike', `{"alg":"Ed25519","alg":"Ed25519","kid":"${kid}","typ":"${LEASE_TYPE}"}`),
    badHeader('kid twice', `{"alg":"Ed25519","kid":"x","kid":"${kid}","typ":"${LEASE_TYPE}"}`),
    badHeader('typ twice', `{"alg":"Ed25519","kid":"${kid}","typ":"JWT","typ":"${LEASE_TYPE}"}`),
    badHeader('another order', `{"typ":"${LEASE_TYPE}","alg":"Ed25519","kid":"${kid}"}`),
    badHeader('a space', `{"alg":"Ed25519", "kid":"${kid}","typ":"${LEASE_TYPE}"}`),
    badHeader('a line break at the end', `${headerOf(signingKey, LEASE_TYPE)}\n`),
    badHeader('a second value at the end', `${headerOf(signingKey, LEASE_TYPE)}{}`),
    badHeader('a name in escapes', `{"\\u0061lg":"Ed25519","kid":"${kid}","typ":"${LEASE_TYPE}"}`),
    badHeader('a value in escapes', `{"alg":"\\u0045d25519","kid":"${kid}","typ":"${LEASE_TYPE}"}`),
    badHeader('an escaped plus in typ', `{"alg":"Ed25519","kid":"${kid}","typ":"thrive-lease\\u002bjwt"}`),
    badHeader('names in capitals', `{"Alg":"Ed25519","Kid":"${kid}","Typ":"${LEASE_TYPE}"}`),
    badHeader('no alg', `{"kid":"${kid}","typ":"${LEASE_TYPE}"}`),
    badHeader('no kid', `{"alg":"Ed25519","typ":"${LEASE_TYPE}"}`),
    badHeader('no typ', `{"alg":"Ed25519","kid":"${kid}"}`),
    badHeader('an empty kid', `{"alg":"Ed25519","kid":"","typ":"${LEASE_TYPE}"}`),
    badHeader('a kid that is a number', `{"alg":"Ed25519","kid":1,"typ":"${LEASE_TYPE}"}`),
    badHeader('a kid that is null', `{"alg":"Ed25519","kid":null,"typ":"${LEASE_TYPE}"}`),
    badHeader('an alg that is a list', `{"alg":["Ed25519"],"kid":"${kid}","typ":"${LEASE_TYPE}"}`),
    badHeader('a byte order mark', `\ufeff${headerOf(signingKey, LEASE_TYPE)}`),
    badHeader(
      'bytes that are no UTF-8',
      Buffer.from(`{"alg":"Ed25519","kid":"\xff","typ":"${LEASE_TYPE}"}`, 'latin1'),
    ),
    badHeader('a list', JSON.stringify(['Ed25519', kid, LEASE_TYPE])),
    badHeader('null', 'null'),
    badHeader('a text', '"Ed25519"'),
    badHeader('broken JSON', headerOf(signingKey, LEASE_TYPE).slice(0, -1)),
    badHeader('single quotes', headerOf(signingKey, LEASE_TYPE).replaceAll('"', "'")),
    form('BAD_HEADER', 'HeaderTrick')('nothing', `.${payload}.${signature}`),
    form('BAD_HEADER')('only two dots', '..'),
  ]),
  leaseGroup('Steps 5 and 6: type and algorithm', [
    form('BAD_TYPE')('a keyset', keyset()),
    ...[
      KEYSET_TYPE,
      REVOCATIONS_TYPE,
      'JWT',
      'thrive-lease+JWT',
      'application/thrive-lease+jwt',
      'thrive-lease',
    ].map((typ) => form('BAD_TYPE')(`typ ${typ}`, withHeader(headerOf(signingKey, typ)))),
    form('BAD_TYPE')('another type and no algorithm', withHeader(headerOf(signingKey, 'JWT', 'none'))),
    ...['none', 'None', 'EdDSA', 'ed25519', 'Ed25519ph', 'Ed448', 'HS256', 'RS256', 'ES256'].map((alg) =>
      form('BAD_ALGORITHM', 'Algorithm')(`alg ${alg}`, withHeader(headerOf(signingKey, LEASE_TYPE, alg))),
    ),
    form('BAD_ALGORITHM', 'Algorithm')(
      'alg none without a signature',
      `${base64url(headerOf(signingKey, LEASE_TYPE, 'none'))}.${payload}.`,
    ),
  ]),
  leaseGroup('Step 7: the key', [
    form('UNKNOWN_KEY')('a key in no keyset', lease({}, strangerKey)),
    form('UNKNOWN_KEY')('the root key, which signs keysets only', lease({}, rootKey)),
    ...[
      `${kid}A`,
      kid.slice(0, -1),
      kid.toLowerCase(),
      '__proto__',
      'constructor',
      '0',
      '../../key',
      "' or 1=1",
    ].map((other) =>
      form('UNKNOWN_KEY')(
        `kid ${other}`,
        withHeader(JSON.stringify({ alg: 'Ed25519', kid: other, typ: LEASE_TYPE })),
      ),
    ),
    form('UNKNOWN_KEY')(
      'a kid past ASCII',
      withHeader(`{"alg":"Ed25519","kid":"\u00e4","typ":"${LEASE_TYPE}"}`),
    ),
    form('UNKNOWN_KEY')(
      'a kid with signs that some writers of JSON escape',
      withHeader(`{"alg":"Ed25519","kid":"<&/>'","typ":"${LEASE_TYPE}"}`),
    ),
  ]),
  leaseGroup('Steps 8 and 9: the signature', [
    badLength(
      '65 bytes, the last one zero',
      withSignature((bytes) => Buffer.concat([bytes, Buffer.of(0)])),
    ),
    badLength(
      '65 bytes, the first one zero',
      withSignature((bytes) => Buffer.concat([Buffer.of(0), bytes])),
    ),
    badLength(
      '63 bytes',
      withSignature((bytes) => bytes.subarray(0, 63)),
    ),
    badLength(
      '128 bytes: the signature twice',
      withSignature((bytes) => Buffer.concat([bytes, bytes])),
    ),
    badLength('no signature', `${header}.${payload}.`),
    forged(
      'by another key under this kid',
      token({
        key: strangerKey,
        header: headerOf(signingKey, LEASE_TYPE),
        payload: leaseClaims,
      }),
    ),
    forged('of another lease', `${header}.${payload}.${lease({ seq: 8 }).split('.')[2]}`),
    forged('of other claims', `${header}.${base64url(JSON.stringify(claimsWith({ seq: 8 })))}.${signature}`),
    forged(
      'one bit of R changed',
      withSignature((bytes) => flipped(bytes, 0)),
    ),
    forged(
      'one bit of S changed',
      withSignature((bytes) => flipped(bytes, 40)),
    ),
    forged(
      '64 zeros',
      withSignature(() => new Uint8Array(64)),
    ),
    forged('S raised by the order of the group', withSignature(withGroupOrderAdded)),
    forged(
      'R and S exchanged',
      withSignature((bytes) => Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)])),
    ),
    forged(
      'over the decoded payload',
      withSignature(() => signingKey.sign(JSON.stringify(leaseClaims))),
    ),
    forged(
      'over the payload part alone',
      withSignature(() => signingKey.sign(payload)),
    ),
  ]),
];

function flipped(bytes: Buffer, index: number): Uint8Array {
  const changed = Buffer.from(bytes);
  changed[index] = (changed[index] ?? 0) ^ 1;
  return changed;
}
