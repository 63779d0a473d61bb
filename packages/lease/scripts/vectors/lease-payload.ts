import { claimsWith, fp, lease, leaseClaims, leaseOf, machine } from './issuer.ts';
import { base64url, DAY, NOW, sha256 } from './kit.ts';
import { accepted, leaseGroup, unreadable } from './lease-group.ts';
import type { VectorGroup, VectorTest } from './vector-file.ts';

const json = (changes: object = {}): string => JSON.stringify(claimsWith(changes));
/** The claims with one piece of their JSON replaced. */
const replaced = (from: string, to: string): string => {
  const text = json();
  if (!text.includes(from)) throw new Error(`the claims have no ${from}`);
  return text.replace(from, to);
};

const bad = (comment: string, payload: string | Uint8Array, ...flags: string[]): VectorTest =>
  unreadable('BAD_PAYLOAD', { comment, token: leaseOf(payload), flags });
const wrong = (comment: string, changes: object, ...flags: string[]): VectorTest =>
  unreadable('BAD_PAYLOAD', { comment, token: lease(changes), flags });
const version = (comment: string, changes: object | string): VectorTest =>
  unreadable('BAD_VERSION', {
    comment,
    token: typeof changes === 'string' ? leaseOf(changes) : lease(changes),
    flags: ['Version'],
  });
const good = (comment: string, token: string, expected = {}, ...flags: string[]): VectorTest =>
  accepted({ comment, token, flags }, expected);

const texts = ['iss', 'aud', 'sub', 'jti', 'dev'];
const counts = ['seq', 'iat', 'nbf', 'exp'];
const objects = ['lic', 'ent', 'fp', 'pol'];
const { lic, pol } = leaseClaims;
const goodFp = fp(machine);
const without = (object: object, name: string) => ({ ...object, [name]: undefined });

export const leasePayloadGroups: VectorGroup[] = [
  leaseGroup('Step 10: strict JSON of an object', [
    bad('nothing', ''),
    bad('null', 'null'),
    bad('a list of the claims', `[${json()}]`),
    bad('a text', JSON.stringify(json())),
    bad('a number', '1'),
    bad('an empty object', '{}'),
    bad('cut off', json().slice(0, -1), 'StrictJson'),
    bad('a second value behind it', `${json()}{}`, 'StrictJson'),
    bad('a sign behind it', `${json()}x`, 'StrictJson'),
    bad('a trailing comma', `${json().slice(0, -1)},}`, 'StrictJson'),
    bad('a comment', `/* */${json()}`, 'StrictJson'),
    bad('single quotes', json().replaceAll('"', "'"), 'StrictJson'),
    bad('a name without quotes', replaced('"seq"', 'seq'), 'StrictJson'),
    bad('a leading zero', replaced('"seq":7', '"seq":07'), 'StrictJson'),
    bad('a plus sign', replaced('"seq":7', '"seq":+7'), 'StrictJson'),
    bad('hexadecimal', replaced('"seq":7', '"seq":0x7'), 'StrictJson'),
    bad('NaN', replaced('"projects":5', '"projects":NaN'), 'StrictJson'),
    bad('Infinity', replaced('"projects":5', '"projects":Infinity'), 'StrictJson'),
    bad('a line break within a text', replaced('"pro"', '"pr\no"'), 'StrictJson'),
    bad('a byte order mark', `\ufeff${json()}`, 'StrictJson'),
    bad('a null byte behind it', `${json()}\0`, 'StrictJson'),
    bad('bytes that are no UTF-8', Buffer.from(replaced('"pro"', '"pr\xff"'), 'latin1'), 'StrictJson'),
    bad('UTF-16', Buffer.from(json(), 'utf16le'), 'StrictJson'),
    good('white space around and within', leaseOf(`\n ${JSON.stringify(leaseClaims, null, 2)}\r\n\t`)),
    good('escapes', leaseOf(replaced('"exp"', '"\\u0065xp"'))),
  ]),
  leaseGroup('Step 10: names of claims', [
    good(
      'claims of a later server',
      lease({ later: { a: [1, null] }, lic: { ...lic, plan: null }, pol: { ...pol, x: 1 } }),
    ),
    good(
      'a claim twice: the last one counts',
      leaseOf(replaced('"exp":', '"exp":1,"exp":')),
      {},
      'RepeatedClaim',
    ),
    good(
      'an object twice: the last one counts, and is not mixed with the first',
      leaseOf(
        replaced('"lic":', '"lic":{"type":"trial","status":"revoked","exp":1,"limit":1,"exp":2},"lic":'),
      ),
      {},
      'RepeatedClaim',
    ),
    bad(
      'an object twice: what the first one had does not complete the last',
      json().replace(/}$/, ',"lic":{"status":"active","exp":null,"limit":3}}'),
      'RepeatedClaim',
    ),
    good(
      'claims in capitals are others',
      leaseOf(json().replace(/}$/, ',"EXP":1,"Iss":"x","LIC":null}')),
      {},
      'CaseOfNames',
    ),
    bad('a claim in capitals is none', replaced('"exp":', '"Exp":'), 'CaseOfNames'),
    bad('a member in capitals is none', replaced('"status":', '"Status":'), 'CaseOfNames'),
    good(
      'features of any name',
      leaseOf(replaced('"ent":{', '"ent":{"__proto__":true,"constructor":1,"":"x","a.b":false,')),
      {},
      'OddFeature',
    ),
  ]),
  leaseGroup('Step 10: types of claims', [
    ...[...texts, ...counts, ...objects].map((name) => wrong(`no ${name}`, { [name]: undefined })),
    ...[...texts, ...counts, ...objects, 'nonce'].map((name) => wrong(`${name} is null`, { [name]: null })),
    ...texts.map((name) => wrong(`${name} is a number`, { [name]: 1 })),
    ...[...texts, 'nonce'].map((name) => wrong(`${name} is empty`, { [name]: '' })),
    ...counts.flatMap((name) => [
      wrong(`${name} is a text`, { [name]: String(NOW) }, 'WholeNumber'),
      wrong(`${name} has a fraction`, { [name]: NOW + 0.5 }, 'WholeNumber'),
      wrong(`${name} is negative`, { [name]: -1 }, 'WholeNumber'),
      wrong(`${name} is true`, { [name]: true }, 'WholeNumber'),
      bad(
        `${name} is 2^53`,
        json().replace(new RegExp(`"${name}":\\d+`), `"${name}":9007199254740992`),
        'WholeNumber',
      ),
      bad(
        `${name} is beyond a double`,
        json().replace(new RegExp(`"${name}":\\d+`), `"${name}":1e999`),
        'WholeNumber',
      ),
    ]),
    good(
      'exp is 2^53 - 1',
      lease({ exp: Number.MAX_SAFE_INTEGER, pol: { ...pol, grace: 0 } }),
      { graceUntil: Number.MAX_SAFE_INTEGER },
      'WholeNumber',
    ),
    ...objects.map((name) => wrong(`${name} is a list`, { [name]: [] })),
    wrong('nonce is a number', { nonce: 1 }),
    good('no nonce', lease({ nonce: undefined })),
  ]),
  leaseGroup('Step 10: lic, ent, fp and pol', [
    ...Object.keys(lic).map((name) => wrong(`no lic.${name}`, { lic: without(lic, name) })),
    wrong('lic.exp is a text', { lic: { ...lic, exp: 'never' } }),
    wrong('lic.limit is null', { lic: { ...lic, limit: null } }),
    wrong('lic.status is empty', { lic: { ...lic, status: '' } }),
    good('lic.exp is null: no end', lease({ lic: { ...lic, exp: null } })),
    good('a type of license of a later server', lease({ lic: { ...lic, type: 'site' } })),
    good('no features', lease({ ent: {} })),
    good('features that are numbers of any kind', lease({ ent: { a: -1, b: 2.5, c: 0, d: 1e21, e: '' } })),
    wrong('a feature that is null', { ent: { a: null } }),
    wrong('a feature that is a list', { ent: { a: [] } }),
    wrong('a feature that is an object', { ent: { a: {} } }),
    bad('a feature beyond a double', replaced('"projects":5', '"projects":1e999')),
    ...Object.keys(goodFp).map((name) => wrong(`no fp.${name}`, { fp: without(goodFp, name) })),
    wrong(
      'a salt of 15 bytes',
      { fp: { ...goodFp, salt: base64url(sha256('salt').subarray(0, 15)) } },
      'Salt',
    ),
    wrong(
      'a salt of 17 bytes',
      { fp: { ...goodFp, salt: base64url(sha256('salt').subarray(0, 17)) } },
      'Salt',
    ),
    wrong('a salt with padding', { fp: { ...goodFp, salt: `${goodFp.salt}==` } }, 'Salt'),
    wrong('a salt with loose bits', { fp: { ...goodFp, salt: `${goodFp.salt.slice(0, -1)}_` } }, 'Salt'),
    wrong('an empty fingerprint', { fp: { ...goodFp, fingerprint: '' } }),
    wrong('a component that is null', { fp: { ...goodFp, components: { ...goodFp.components, mac: null } } }),
    wrong('a component that is empty', { fp: { ...goodFp, components: { ...goodFp.components, mac: '' } } }),
    wrong('components in a list', { fp: { ...goodFp, components: Object.values(goodFp.components) } }),
    wrong('a threshold of 100, which nothing exceeds', { fp: { ...goodFp, threshold: 100 } }),
    wrong('a negative threshold', { fp: { ...goodFp, threshold: -1 } }),
    wrong('a threshold with a fraction', { fp: { ...goodFp, threshold: 50.5 } }),
    good('a threshold of 99', lease({ fp: { ...goodFp, threshold: 99 } })),
    good('a threshold of 0', lease({ fp: { ...goodFp, threshold: 0 } })),
    ...Object.keys(pol).map((name) => wrong(`no pol.${name}`, { pol: without(pol, name) })),
    ...Object.keys(pol).map((name) => wrong(`pol.${name} is negative`, { pol: { ...pol, [name]: -1 } })),
    wrong('pol.grace is a text', { pol: { ...pol, grace: String(7 * DAY) } }),
  ]),
  leaseGroup('Step 11: the version', [
    version('a later one', { ver: 2 }),
    version('an earlier one', { ver: 0 }),
    version('a later one without any claim of this one', '{"ver":2}'),
    version('a later one with other claims', { ver: 3, exp: 'never', lic: [], aud: null }),
    wrong('no version', { ver: undefined }),
    wrong('a version that is a text', { ver: '1' }),
    wrong('a version that is null', { ver: null }),
    wrong('a version that is true', { ver: true }),
    wrong('a version with a fraction', { ver: 1.5 }),
    wrong('a negative version', { ver: -1 }),
  ]),
];
