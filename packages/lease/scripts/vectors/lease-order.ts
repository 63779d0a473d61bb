import {
  bulletin,
  claimsWith,
  fp,
  leaseClaims,
  OTHER_NONCE,
  otherMachine,
  rootKey,
  signingKey,
} from './issuer.ts';
import { base64url, DAY, LEASE_TYPE, NOW } from './kit.ts';
import { type LeaseCase, leaseGroup, type Moment, refused, unreadable } from './lease-group.ts';
import type { VectorGroup, VectorTest } from './vector-file.ts';

interface Draft {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  signature: (signature: Buffer) => Buffer;
  finish: (token: string) => string;
  moment: Moment;
}

const REVOKED_LEASE = 'lease_01k9zj4t5w8x2y6b3c7d9f1g5r';

/** Every step with a fault that only it finds, in the order of docs/offline-leases.md. */
const faults: [error: string, (draft: Draft) => void][] = [
  ['MALFORMED_TOKEN', (draft) => finishWith(draft, (token) => `${token}.`)],
  ['TOKEN_TOO_LARGE', ({ claims }) => set(claims, { padding: 'x'.repeat(13_000) })],
  ['BAD_BASE64URL', (draft) => finishWith(draft, (token) => token.replace('.', '=.'))],
  ['BAD_HEADER', ({ header }) => set(header, { crit: [] })],
  ['BAD_TYPE', ({ header }) => set(header, { typ: 'JWT' })],
  ['BAD_ALGORITHM', ({ header }) => set(header, { alg: 'EdDSA' })],
  ['UNKNOWN_KEY', ({ header }) => set(header, { kid: rootKey.kid })],
  ['BAD_SIGNATURE_LENGTH', (draft) => signatureWith(draft, (bytes) => Buffer.concat([bytes, Buffer.of(0)]))],
  [
    'BAD_SIGNATURE',
    (draft) => signatureWith(draft, (bytes) => Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)])),
  ],
  ['BAD_PAYLOAD', ({ claims }) => set(claims, { ver: 'one' })],
  ['BAD_VERSION', ({ claims }) => set(claims, { ver: 2 })],
  ['KEY_NOT_VALID_AT_ISSUE', ({ claims }) => set(claims, { iat: NOW - 100 * DAY - 1 })],
  ['WRONG_AUDIENCE', ({ claims }) => set(claims, { aud: 'prd_other' })],
  ['WRONG_ISSUER', ({ claims }) => set(claims, { iss: 'https://other.example' })],
  ['WRONG_NONCE', ({ moment }) => set(moment, { nonce: OTHER_NONCE })],
  ['CLOCK_ROLLBACK', ({ moment }) => set(moment, { highWater: NOW + DAY + 1 })],
  ['NOT_YET_VALID', ({ claims }) => set(claims, { nbf: NOW + 301 })],
  ['LEASE_EXPIRED', ({ claims }) => set(claims, { exp: NOW - 7 * DAY - 1 })],
  ['STALE_SEQUENCE', ({ moment }) => set(moment, { lastSequence: 8 })],
  ['REVOKED', ({ claims }) => set(claims, { jti: REVOKED_LEASE })],
  ['DEVICE_MISMATCH', ({ claims }) => set(claims, { fp: fp(otherMachine) })],
  ['LICENSE_NOT_ACTIVE', ({ claims }) => set(claims, { lic: { ...leaseClaims.lic, status: 'suspended' } })],
];

export const leaseOrderGroup: VectorGroup = leaseGroup(
  'The order of the steps: the first fault gives the name',
  [
    ...faults.map((_fault, step) => caseOf(step, [step])),
    ...faults.slice(0, -1).map((_fault, step) => caseOf(step, [step, step + 1])),
    ...faults.slice(0, -2).map((_fault, step) => caseOf(step, [...faults.keys()].slice(step))),
  ],
  { revocations: bulletin({ leases: [REVOKED_LEASE] }) },
);

function caseOf(step: number, broken: number[]): VectorTest {
  const name = (index: number) => faults[index]?.[0] ?? '';
  const later = broken.length - 1;
  const comment =
    later === 0
      ? `${name(step)} alone`
      : later === 1
        ? `${name(step)} and ${name(step + 1)}`
        : `${name(step)} and every later fault`;
  const draft: Draft = {
    header: { alg: 'Ed25519', kid: signingKey.kid, typ: LEASE_TYPE },
    claims: claimsWith(),
    signature: (bytes) => bytes,
    finish: (token) => token,
    moment: {},
  };
  // The earlier fault last: of two in one place it must be the one that shows.
  for (const index of broken.toReversed()) faults[index]?.[1](draft);
  const vector: LeaseCase = { comment, token: tokenOf(draft), moment: draft.moment, flags: ['Order'] };
  if (step < faults.findIndex(([error]) => error === 'WRONG_AUDIENCE')) return unreadable(name(step), vector);
  return refused(name(step), vector);
}

function tokenOf({ header, claims, signature, finish }: Draft): string {
  const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
  return finish(`${input}.${base64url(signature(signingKey.sign(input)))}`);
}

function set(target: object, changes: object): void {
  Object.assign(target, changes);
}

function finishWith(draft: Draft, change: (token: string) => string): void {
  const { finish } = draft;
  draft.finish = (token) => change(finish(token));
}

function signatureWith(draft: Draft, change: (signature: Buffer) => Buffer): void {
  const { signature } = draft;
  draft.signature = (bytes) => change(signature(bytes));
}
