import {
  bulletin,
  ISSUER,
  keyEntry,
  keyset,
  keysetClaims,
  lease,
  nextRootKey,
  nextSigningKey,
  rootKey,
  signingKey,
  strangerKey,
} from './issuer.ts';
import { base64url, DAY, headerOf, KEYSET_TYPE, NOW, type TestKey, token } from './kit.ts';
import type { VectorFile, VectorGroup, VectorTest } from './vector-file.ts';

const input = (text: string, lastSequence?: number) => ({ token: text, lastSequence: lastSequence ?? null });
const good = (comment: string, text: string, expected = {}, lastSequence?: number): VectorTest => ({
  comment,
  input: input(text, lastSequence),
  expected: { iss: ISSUER, seq: 4, keys: [signingKey.kid], ...expected },
});
const no =
  (error: string) =>
  (comment: string, text: string, lastSequence?: number): VectorTest => ({
    comment,
    input: input(text, lastSequence),
    error,
  });
const unknown = no('UNKNOWN_KEY');
const stale = no('STALE_SEQUENCE');
const badPayload = (comment: string, changes: object) => no('BAD_PAYLOAD')(comment, keyset(changes));
const group = (comment: string, rootKeys: readonly TestKey[], tests: readonly VectorTest[]): VectorGroup => ({
  type: 'KeysetVerify',
  comment,
  rootKeys: rootKeys.map((key) => key.jwk),
  tests,
});

const GOOD = keyset();
const [header = '', payload = '', signature = ''] = GOOD.split('.');
const entry = keyEntry(signingKey);
const withHeader = (text: string) => token({ key: rootKey, header: text, payload: keysetClaims });
const withSignature = (change: (bytes: Buffer) => Uint8Array) =>
  token({ key: rootKey, header: headerOf(rootKey, KEYSET_TYPE), payload: keysetClaims, signature: change });
const rotated = [keyEntry(signingKey, NOW - 100 * DAY, NOW), keyEntry(nextSigningKey, NOW, null)];

export const keysetVectors: VectorFile = {
  algorithm: 'thrive-keyset',
  schema: 'keyset_verify_v1',
  header: [
    'The signing keys that a root key vouches for, or the step that refuses the keyset.',
    'All keys are made for these vectors from public texts: TEST ONLY.',
  ],
  notes: {},
  groups: [
    group(
      'One root key',
      [rootKey],
      [
        good('all is well', GOOD),
        good('the latest that was seen', GOOD, {}, 4),
        good('later than the one seen', GOOD, {}, 3),
        good('no signing key at all', keyset({ keys: [] }), { keys: [] }),
        good(
          'a rotation',
          keyset({ seq: 5, keys: rotated }),
          { seq: 5, keys: [signingKey.kid, nextSigningKey.kid] },
          4,
        ),
        good(
          'the old key was withdrawn',
          keyset({ seq: 6, keys: rotated.slice(1) }),
          { seq: 6, keys: [nextSigningKey.kid] },
          5,
        ),
        good('claims of a later server', keyset({ later: [1], keys: [{ ...entry, use: 'sig' }] })),
        stale(
          'older than the one seen: it may list a key withdrawn since',
          keyset({ seq: 5, keys: rotated }),
          6,
        ),
        stale('as numbers, not as texts: 9 after 10', keyset({ seq: 9 }), 10),
      ],
    ),
    group(
      'Steps 1 to 11, with a type of its own',
      [rootKey],
      [
        no('MALFORMED_TOKEN')('no text', ''),
        no('MALFORMED_TOKEN')('three dots', `${GOOD}.`),
        no('TOKEN_TOO_LARGE')('too long', keyset({ padding: 'x'.repeat(13_000) })),
        no('BAD_BASE64URL')('padding', `${header}.${payload}.${signature}==`),
        no('BAD_HEADER')(
          'a fourth member',
          withHeader(`{"alg":"Ed25519","kid":"${rootKey.kid}","typ":"${KEYSET_TYPE}","crit":[]}`),
        ),
        no('BAD_HEADER')(
          'alg twice',
          withHeader(`{"alg":"none","alg":"Ed25519","kid":"${rootKey.kid}","typ":"${KEYSET_TYPE}"}`),
        ),
        no('BAD_TYPE')('a lease of the root key', lease({}, rootKey)),
        no('BAD_TYPE')('a bulletin', bulletin()),
        no('BAD_ALGORITHM')('alg EdDSA', withHeader(headerOf(rootKey, KEYSET_TYPE, 'EdDSA'))),
        no('BAD_ALGORITHM')('alg none', `${base64url(headerOf(rootKey, KEYSET_TYPE, 'none'))}.${payload}.`),
        unknown('by a key that it lists itself', keyset({}, signingKey)),
        unknown('by a stranger', keyset({ keys: [keyEntry(strangerKey)] }, strangerKey)),
        no('BAD_SIGNATURE_LENGTH')(
          '65 bytes',
          withSignature((bytes) => Buffer.concat([bytes, Buffer.of(0)])),
        ),
        no('BAD_SIGNATURE')(
          "by a stranger under the root key's name",
          token({ key: strangerKey, header: headerOf(rootKey, KEYSET_TYPE), payload: keysetClaims }),
        ),
        no('BAD_SIGNATURE')(
          'of other claims',
          `${header}.${base64url(JSON.stringify({ ...keysetClaims, seq: 9 }))}.${signature}`,
        ),
        no('BAD_PAYLOAD')(
          'no JSON',
          token({ key: rootKey, header: headerOf(rootKey, KEYSET_TYPE), payload: '{' }),
        ),
        no('BAD_VERSION')('a later one', keyset({ ver: 2 })),
        no('BAD_VERSION')(
          'a later one without any claim of this one',
          keyset({ ver: 2, iss: undefined, keys: null }),
        ),
        no('BAD_VERSION')('a later one that is older than the one seen', keyset({ ver: 2 }), 9),
      ],
    ),
    group(
      'Step 10: the claims',
      [rootKey],
      [
        ...Object.keys(keysetClaims).map((name) => badPayload(`no ${name}`, { [name]: undefined })),
        badPayload('seq is a text', { seq: '4' }),
        badPayload('iat is negative', { iat: -1 }),
        badPayload('iss is empty', { iss: '' }),
        badPayload('keys by their names', { keys: { [signingKey.kid]: entry } }),
        badPayload('two keys of one name', {
          keys: [entry, { ...keyEntry(strangerKey), kid: signingKey.kid }],
        }),
        ...Object.keys(entry).map((name) =>
          badPayload(`a key without ${name}`, { keys: [{ ...entry, [name]: undefined }] }),
        ),
        badPayload('a key of 31 bytes', { keys: [{ ...entry, x: base64url(Buffer.alloc(31, 1)) }] }),
        badPayload('a key of 33 bytes', { keys: [{ ...entry, x: base64url(Buffer.alloc(33, 1)) }] }),
        badPayload('a key with padding', { keys: [{ ...entry, x: `${entry.x}=` }] }),
        badPayload('a key of another kind', { keys: [{ ...entry, kty: 'EC' }] }),
        badPayload('a key of another curve', { keys: [{ ...entry, crv: 'X25519' }] }),
        badPayload('a key without a beginning', { keys: [{ ...entry, valid_from: null }] }),
        badPayload('a key whose end is a text', { keys: [{ ...entry, valid_until: 'never' }] }),
        badPayload('one bad key beside a good one', {
          keys: [entry, { ...keyEntry(nextSigningKey), x: '' }],
        }),
      ],
    ),
    group(
      'Two root keys, during a change of the root key',
      [rootKey, nextRootKey],
      [
        good('by the old one', GOOD),
        good('by the new one', keyset({ seq: 5 }, nextRootKey), { seq: 5 }, 4),
        stale('an older one, though by the new root key', keyset({ seq: 3 }, nextRootKey), 4),
        unknown('by a stranger', keyset({}, strangerKey)),
      ],
    ),
    group(
      'Only the new root key, after the change',
      [nextRootKey],
      [good('by the new one', keyset({ seq: 5 }, nextRootKey), { seq: 5 }), unknown('by the old one', GOOD)],
    ),
    group('No root key', [], [unknown('nothing is believed', GOOD)]),
  ],
};
