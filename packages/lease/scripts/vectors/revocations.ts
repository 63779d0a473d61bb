import {
  bulletin,
  bulletinClaims,
  keyEntry,
  keyset,
  nextSigningKey,
  rootKey,
  signingKey,
  strangerKey,
} from './issuer.ts';
import { base64url, DAY, headerOf, NOW, REVOCATIONS_TYPE, token } from './kit.ts';
import type { VectorFile, VectorTest } from './vector-file.ts';

const input = (text: string, lastSequence?: number) => ({ token: text, lastSequence: lastSequence ?? null });
const good = (comment: string, text: string, expected = {}, lastSequence?: number): VectorTest => ({
  comment,
  input: input(text, lastSequence),
  expected: { iat: NOW, seq: 2, leases: [], licenses: [], devices: [], ...expected },
});
const no =
  (error: string) =>
  (comment: string, text: string, lastSequence?: number): VectorTest => ({
    comment,
    input: input(text, lastSequence),
    error,
  });
const badPayload = (comment: string, changes: object) => no('BAD_PAYLOAD')(comment, bulletin(changes));

const GOOD = bulletin();
const [header = '', payload = '', signature = ''] = GOOD.split('.');
const many = Array.from({ length: 1000 }, (_, index) => `dev_${String(index).padStart(26, '0')}`);

export const revocationsVectors: VectorFile = {
  algorithm: 'thrive-revocations',
  schema: 'revocations_verify_v1',
  header: [
    'What a revocation bulletin withdraws, or the step that refuses it. What it means for a lease is in lease-verify.json.',
    'All keys are made for these vectors from public texts: TEST ONLY.',
  ],
  notes: {},
  groups: [
    {
      type: 'RevocationsVerify',
      comment: 'A bulletin is signed by a key of the keyset',
      rootKeys: [rootKey.jwk],
      keyset: keyset({
        keys: [keyEntry(signingKey, NOW - 100 * DAY, NOW + 10), keyEntry(nextSigningKey, NOW + 10, null)],
      }),
      tests: [
        good('that names nothing', GOOD),
        good(
          'that names a lease, a license and a device',
          bulletin({ leases: ['a'], licenses: ['b'], devices: ['c', 'd'] }),
          {
            leases: ['a'],
            licenses: ['b'],
            devices: ['c', 'd'],
          },
        ),
        good('larger than a lease may be', bulletin({ devices: many }), { devices: many }),
        good('the latest that was seen', GOOD, {}, 2),
        good('by the next key in its time', bulletin({ iat: NOW + 10 }, nextSigningKey), { iat: NOW + 10 }),
        no('MALFORMED_TOKEN')('no text', ''),
        no('BAD_BASE64URL')('padding', `${header}.${payload}.${signature}==`),
        no('BAD_HEADER')(
          'a fourth member',
          token({
            key: signingKey,
            header: `{"alg":"Ed25519","kid":"${signingKey.kid}","typ":"${REVOCATIONS_TYPE}","crit":[]}`,
            payload: bulletinClaims,
          }),
        ),
        no('BAD_TYPE')('a keyset', keyset()),
        no('BAD_ALGORITHM')(
          'alg none',
          `${base64url(headerOf(signingKey, REVOCATIONS_TYPE, 'none'))}.${payload}.`,
        ),
        no('UNKNOWN_KEY')('by the root key', bulletin({}, rootKey)),
        no('UNKNOWN_KEY')('by a stranger', bulletin({}, strangerKey)),
        no('BAD_SIGNATURE_LENGTH')('no signature', `${header}.${payload}.`),
        no('BAD_SIGNATURE')(
          "by a stranger under the key's name",
          token({
            key: strangerKey,
            header: headerOf(signingKey, REVOCATIONS_TYPE),
            payload: bulletinClaims,
          }),
        ),
        ...Object.keys(bulletinClaims).map((name) => badPayload(`no ${name}`, { [name]: undefined })),
        badPayload('devices are a text', { devices: 'dev_1' }),
        badPayload('an id that is a number', { devices: [1] }),
        badPayload('an empty id', { devices: [''] }),
        no('BAD_VERSION')('a later one', bulletin({ ver: 2 })),
        no('KEY_NOT_VALID_AT_ISSUE')('by a key at its end', bulletin({ iat: NOW + 10 })),
        no('KEY_NOT_VALID_AT_ISSUE')(
          'by a key before its first second',
          bulletin({ iat: NOW + 9 }, nextSigningKey),
        ),
        no('WRONG_ISSUER')('of another issuer', bulletin({ iss: 'https://other.example' })),
        no('STALE_SEQUENCE')('older than the one seen: it may lack a revocation', GOOD, 3),
        no('KEY_NOT_VALID_AT_ISSUE')(
          'the key comes before the issuer, and that before the sequence',
          bulletin({ iat: NOW + 10, iss: 'https://other.example' }),
          3,
        ),
        no('WRONG_ISSUER')(
          'the issuer comes before the sequence',
          bulletin({ iss: 'https://other.example' }),
          3,
        ),
      ],
    },
  ],
};
