import { describe, expect, test } from 'vitest';
import { encodeBase64Url } from './base64url.ts';
import { signKeyset } from './keyset.ts';
import {
  accepted,
  DAY,
  device,
  keyset,
  keysetClaims,
  leaseClaims,
  leaseOptions,
  NOW,
  revocationClaims,
  revocationsOf,
  rootKey,
  rootKeys,
  signingKey,
} from './lease.fixtures.ts';
import { type LeaseClaims, signLease } from './lease.ts';
import { LeaseError } from './lease-error.ts';
import { signRevocations } from './revocations.ts';
import { verifyKeysetAsync, verifyLeaseAsync, verifyRevocationsAsync } from './verify-async.ts';
import { type VerifyLeaseOptions, verifyLease } from './verify-lease.ts';

type Loose = Record<string, unknown>;
interface Draft {
  header: Loose;
  claims: Loose;
  signature: (bytes: Uint8Array) => Uint8Array;
  finish: (token: string) => string;
  options: Partial<VerifyLeaseOptions>;
}

const utf8 = new TextEncoder();
const otherMachine = { fingerprint: 'fingerprint-of-another', components: {} };

/** One fault each, in the order in which they must be found. */
const faults: Record<LeaseError, (draft: Draft) => void> = {
  MALFORMED_TOKEN: (draft) => {
    const { finish } = draft;
    draft.finish = (token) => `${finish(token)}.`;
  },
  TOKEN_TOO_LARGE: (draft) => {
    draft.claims['padding'] = 'x'.repeat(17_000);
  },
  BAD_BASE64URL: (draft) => {
    const { finish } = draft;
    draft.finish = (token) => finish(token.replace('.', '=.'));
  },
  BAD_HEADER: (draft) => {
    draft.header['crit'] = [];
  },
  BAD_TYPE: (draft) => {
    draft.header['typ'] = 'thrive-keyset+jwt';
  },
  BAD_ALGORITHM: (draft) => {
    draft.header['alg'] = 'EdDSA';
  },
  UNKNOWN_KEY: (draft) => {
    draft.header['kid'] = rootKey.kid;
  },
  BAD_SIGNATURE_LENGTH: (draft) => {
    const { signature } = draft;
    draft.signature = (bytes) => Uint8Array.of(...signature(bytes), 0);
  },
  BAD_SIGNATURE: (draft) => {
    const { signature } = draft;
    draft.signature = (bytes) => signature(bytes).with(0, (bytes[0] ?? 0) ^ 1);
  },
  BAD_PAYLOAD: (draft) => {
    draft.claims['ver'] = 'one';
  },
  BAD_VERSION: (draft) => {
    draft.claims['ver'] = 2;
  },
  KEY_NOT_VALID_AT_ISSUE: (draft) => {
    draft.claims['iat'] = NOW - 100 * DAY - 1;
  },
  WRONG_AUDIENCE: (draft) => {
    draft.claims['aud'] = 'prod_2';
  },
  WRONG_ISSUER: (draft) => {
    draft.claims['iss'] = 'https://other.example';
  },
  WRONG_NONCE: (draft) => {
    Object.assign(draft.options, { nonce: 'BBBBBBBBBBBBBBBBBBBBBB' });
  },
  CLOCK_ROLLBACK: (draft) => {
    Object.assign(draft.options, { highWater: NOW + DAY + 1 });
  },
  NOT_YET_VALID: (draft) => {
    draft.claims['nbf'] = NOW + 301;
  },
  LEASE_EXPIRED: (draft) => {
    draft.claims['exp'] = NOW - 7 * DAY - 1;
  },
  STALE_SEQUENCE: (draft) => {
    Object.assign(draft.options, { lastSequence: 8 });
  },
  REVOKED: (draft) => {
    Object.assign(draft.options, { revocations: revocationsOf({ licenses: ['lic_1'] }) });
  },
  DEVICE_MISMATCH: (draft) => {
    Object.assign(draft.options, { device: otherMachine });
  },
  LICENSE_NOT_ACTIVE: (draft) => {
    draft.claims['lic'] = { type: 'timed', status: 'suspended', exp: null, limit: 3 };
  },
};

function verdictOn(...errors: LeaseError[]) {
  const draft: Draft = {
    header: { alg: 'Ed25519', kid: signingKey.kid, typ: 'thrive-lease+jwt' },
    claims: { ...leaseClaims() },
    signature: (bytes) => bytes,
    finish: (token) => token,
    options: {},
  };
  // The earlier fault last: of two in one claim it must be the one that shows.
  for (const error of errors.toReversed()) faults[error](draft);
  const input = [draft.header, draft.claims]
    .map((part) => encodeBase64Url(utf8.encode(JSON.stringify(part))))
    .join('.');
  const signature = draft.signature(new Uint8Array(signingKey.sign(utf8.encode(input))));
  const token = draft.finish(`${input}.${encodeBase64Url(signature)}`);
  return verifyLease(token, leaseOptions(draft.options));
}

const order = Object.values(LeaseError);
const verify = (claims: Partial<LeaseClaims> = {}, options: Partial<VerifyLeaseOptions> = {}) =>
  verifyLease(signLease(leaseClaims(claims), signingKey), leaseOptions(options));

describe('order of refusals', () => {
  test('the token these tests break is a good one', () => {
    expect(verdictOn()).toMatchObject({ ok: true, state: 'active' });
    expect(Object.keys(faults)).toEqual(order);
  });

  test.each(order)('%s', (error) => {
    expect(verdictOn(error)).toMatchObject({ ok: false, error });
  });

  test.each(order.slice(0, -1).map((error, index) => [error, order.slice(index + 1)] as const))(
    '%s is found before every later fault',
    (error, later) => {
      for (const other of later) expect(verdictOn(error, other), other).toMatchObject({ error });
    },
  );
});

describe('a token', () => {
  const token = signLease(leaseClaims(), signingKey);

  test('changed in any one bit is never accepted', () => {
    for (let index = 0; index < token.length; index++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = String.fromCharCode(token.charCodeAt(index) ^ (1 << bit));
        const changed = token.slice(0, index) + flipped + token.slice(index + 1);
        expect(verifyLease(changed, leaseOptions()).ok, `bit ${bit} of character ${index}`).toBe(false);
      }
    }
  });

  test('cut or lengthened anywhere is never accepted', () => {
    for (let index = 0; index < token.length; index++) {
      expect(verifyLease(token.slice(0, index), leaseOptions()).ok).toBe(false);
      const longer = `${token.slice(0, index)}A${token.slice(index)}`;
      expect(verifyLease(longer, leaseOptions()).ok).toBe(false);
    }
    for (const more of ['A', 'AA', '=', ' ', '\n', '.']) {
      expect(verifyLease(token + more, leaseOptions()).ok).toBe(false);
    }
  });

  test('is not read past the signature when that fails: the claims are not handed out', () => {
    const verdict = verifyLease(token, leaseOptions({ verifySignature: () => false }));
    expect(verdict).toEqual({ ok: false, error: 'BAD_SIGNATURE' });
  });

  test('verified with WebCrypto gives the same verdict', async () => {
    const { subtle } = globalThis.crypto;
    const webCrypto = {
      verifySignature: async (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
        const key = await subtle.importKey('raw', publicKey.slice(), 'Ed25519', false, ['verify']);
        return subtle.verify('Ed25519', key, signature.slice(), message.slice());
      },
      hmacSha256: async (key: Uint8Array, message: Uint8Array) => {
        const algorithm = { name: 'HMAC', hash: 'SHA-256' };
        const imported = await subtle.importKey('raw', key.slice(), algorithm, false, ['sign']);
        return new Uint8Array(await subtle.sign('HMAC', imported, message.slice()));
      },
    };
    const keysetToken = signKeyset(keysetClaims, rootKey);
    const believed = accepted(await verifyKeysetAsync(keysetToken, { rootKeys, ...webCrypto })).keyset;
    const bulletin = signRevocations(revocationClaims(), signingKey);
    const expected = { keyset: believed, ...webCrypto };
    const { revocations } = accepted(await verifyRevocationsAsync(bulletin, expected));
    for (const changes of [{}, { device: otherMachine }, { now: NOW + 15 * DAY }, { audience: 'prod_2' }]) {
      const { verifySignature, hmacSha256, ...rest } = leaseOptions({ ...changes, revocations });
      const options = { ...rest, ...expected };
      expect(await verifyLeaseAsync(token, options)).toEqual(
        verifyLease(token, { ...rest, verifySignature, hmacSha256 }),
      );
    }
    for (const broken of ['', token.slice(0, -2), token.replace(/.$/, '.')]) {
      expect((await verifyLeaseAsync(broken, { ...leaseOptions(), ...expected })).ok).toBe(false);
    }
  });
});

describe('a lease through time', () => {
  const exp = NOW + 14 * DAY;
  const graceUntil = exp + 7 * DAY;

  test.each([
    ['a second before the allowed skew', NOW - 301, 'NOT_YET_VALID'],
    ['within the allowed skew', NOW - 300, 'active'],
    ['when issued', NOW, 'active'],
    ['as it ends', exp, 'active'],
    ['a second after it ends', exp + 1, 'grace'],
    ['as its grace ends', graceUntil, 'grace'],
    ['a second after its grace ends', graceUntil + 1, 'LEASE_EXPIRED'],
  ])('%s', (_when, now, outcome) => {
    const verdict = verify({}, { now });
    expect(verdict.ok ? verdict.state : verdict.error).toBe(outcome);
    if (verdict.ok) expect(verdict.graceUntil).toBe(graceUntil);
  });

  test('a license past its own end is in grace although the lease runs', () => {
    const lic = { ...leaseClaims().lic, exp: NOW + 5 };
    expect(verify({ lic }, { now: NOW + 5 })).toMatchObject({ state: 'active' });
    expect(verify({ lic }, { now: NOW + 6 })).toMatchObject({ state: 'grace' });
  });

  test('refresh is due at its second', () => {
    expect(verify({}, { now: NOW + 7 * DAY - 1 })).toMatchObject({ refreshDue: false });
    expect(verify({}, { now: NOW + 7 * DAY })).toMatchObject({ refreshDue: true });
  });

  test('a clock set back by more than the tolerance is noticed, by less it is not', () => {
    const highWater = NOW + 10 * DAY;
    expect(verify({}, { now: highWater - DAY, highWater }).ok).toBe(true);
    expect(verify({}, { now: highWater - DAY - 1, highWater })).toMatchObject({ error: 'CLOCK_ROLLBACK' });
  });

  test('the time of the lease itself counts, even if the state file was deleted', () => {
    expect(verify({}, { now: NOW - DAY - 1 })).toMatchObject({ error: 'CLOCK_ROLLBACK' });
  });

  test('an expired lease does not come back when the clock does', () => {
    const late = verify({}, { now: graceUntil + 2 * DAY });
    expect(late).toMatchObject({ error: 'LEASE_EXPIRED', highWater: graceUntil + 2 * DAY });
    expect(verify({}, { now: NOW, highWater: late.highWater })).toMatchObject({ error: 'CLOCK_ROLLBACK' });
  });

  test('a clock once set ahead is healed by one lease with our nonce', () => {
    const { nonce } = leaseClaims();
    const ahead = { now: NOW, highWater: NOW + 1000 * DAY };
    expect(verify({}, ahead)).toMatchObject({ error: 'CLOCK_ROLLBACK', highWater: NOW + 1000 * DAY });
    expect(verify({}, { ...ahead, nonce })).toMatchObject({ ok: true, highWater: NOW });
  });

  test('a replayed answer does not lower the mark', () => {
    const replayed = verify({}, { nonce: 'CCCCCCCCCCCCCCCCCCCCCC', highWater: NOW + 9 });
    expect(replayed).toMatchObject({ error: 'WRONG_NONCE', highWater: NOW + 9 });
  });

  test.each([{ now: Number.NaN }, { highWater: Number.NaN }, { now: Number.POSITIVE_INFINITY }])(
    '%o is no time, and never lets a lease pass',
    (options) => {
      expect(() => verify({}, options)).toThrow(TypeError);
    },
  );

  test('a damaged sequence refuses', () => {
    expect(verify({}, { lastSequence: Number.NaN })).toMatchObject({ error: 'STALE_SEQUENCE' });
    expect(verify({}, { lastSequence: 7 }).ok).toBe(true);
  });
});

describe('a lease on a machine', () => {
  test('survives one changed component and names it', () => {
    const changed = { fingerprint: 'new', components: { ...device.components, board_id: 'new' } };
    expect(verify({}, { device: changed })).toMatchObject({ ok: true, changed: ['board_id'] });
  });

  test('is refused where both strong components differ', () => {
    const components = { ...device.components, board_id: 'new', os_install_id: 'new' };
    const verdict = verify({}, { device: { fingerprint: 'new', components } });
    expect(verdict).toMatchObject({ error: 'DEVICE_MISMATCH', claims: { sub: 'lic_1' } });
  });

  test('is recognised by the application’s own fingerprint alone', () => {
    expect(verify({}, { device: { fingerprint: device.fingerprint, components: {} } }).ok).toBe(true);
  });

  test('an empty fingerprint is no fingerprint', () => {
    expect(verify({}, { device: { fingerprint: '', components: {} } })).toMatchObject({
      error: 'DEVICE_MISMATCH',
    });
  });

  test('is not forgotten: a device left out is a mistake, not a pass', () => {
    expect(() => verify({}, { device: undefined as never })).toThrow(TypeError);
  });

  test('is not compared where there is none', () => {
    expect(verify({}, { device: null })).toMatchObject({ ok: true, changed: [] });
  });
});

test('a keyset vouches only for leases of its own issuer', () => {
  const foreign = { ...keyset, iss: 'https://other.example' };
  expect(verify({}, { keyset: foreign })).toMatchObject({ error: 'WRONG_ISSUER' });
});
