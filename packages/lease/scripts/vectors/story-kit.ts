import {
  fp,
  keyEntry,
  keyset,
  lease,
  leaseClaims,
  machine,
  otherMachine,
  PRODUCT,
  rootKey,
  signingKey,
} from './issuer.ts';
import { base64url, DAY, NOW, sha256, type TestKey } from './kit.ts';
import { LICENSE_KEY } from './license-key.ts';
import type { VectorGroup, VectorTest } from './vector-file.ts';

export type Values = Readonly<Record<string, unknown>>;

/** One after the other, of the requests of an app. */
export const NONCES = Array.from({ length: 12 }, (_, index) =>
  base64url(sha256(`nonce ${index + 1}`).subarray(0, 16)),
);

export const { lic, pol } = leaseClaims;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

/** A lease in answer to request `request` (from 1 on), issued at `at`. Fourteen days and seven of grace. */
export function answeredLease(
  request: number,
  at: number,
  changes: Values = {},
  key: TestKey = signingKey,
): string {
  const times = { iat: at, nbf: at, exp: at + 14 * DAY };
  return lease({ ...times, seq: request, nonce: NONCES[request - 1], ...changes }, key);
}

/** A lease that says no, for five minutes. */
export const refusingLease = (request: number, at: number, status: string, changes: Values = {}): string =>
  answeredLease(request, at, {
    exp: at + 300,
    lic: { ...lic, status },
    pol: { ...pol, refresh: 0, grace: 0 },
    ...changes,
  });

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const success = (data: object, status = 200): Answer => ({
  status,
  body: { success: true, data, meta: { request_id: 'req_1' } },
});
export const refusal = (status: number, code: string, details?: unknown): Answer => ({
  status,
  body: {
    success: false,
    error: { code, message: 'No.', ...(details !== undefined && { details }) },
    meta: { request_id: 'req_1' },
  },
});
export const page: Answer = { status: 200, body: '<html>Welcome to our hotel</html>' };

const device = { id: leaseClaims.dev, activated_at: iso(NOW), last_seen_at: iso(NOW) };
const license = {
  id: leaseClaims.sub,
  type: 'timed',
  status: 'active',
  expires_at: iso(lic.exp),
  grace_ends_at: iso(lic.exp + 7 * DAY),
  device_limit: 3,
  devices_used: 2,
  features: leaseClaims.ent,
  key_masked: '••••-9F3C',
};
/** Around the token stands what nobody may believe: it says the same in every story. */
const leaseView = (token: string) => ({
  token,
  key_id: signingKey.kid,
  issued_at: iso(NOW),
  refresh_after: iso(NOW + 7 * DAY),
  expires_at: iso(NOW + 14 * DAY),
  grace_until: iso(NOW + 21 * DAY),
});
const always = (request: number) => ({ server_time: iso(NOW), nonce: NONCES[request - 1] });

export const activated = (request: number, token: string, result = 'activated'): Answer =>
  success(
    { result, device, license, lease: leaseView(token), ...always(request) },
    result === 'activated' ? 201 : 200,
  );

export const validated = (request: number, token: string, code = 'VALID'): Answer =>
  success({ valid: code === 'VALID', code, license, device, lease: leaseView(token), ...always(request) });

/** Nothing is signed: the word of anybody who can answer. */
export const unsigned = (request: number, code: string): Answer =>
  success({ valid: code === 'VALID', code, license, ...always(request) });

export const deactivated = (request: number): Answer =>
  success({ result: 'deactivated', device, license, ...always(request) });

interface Did {
  readonly at: number;
  readonly do: 'check' | 'activate' | 'validate' | 'deactivate' | 'startTrial' | 'restart' | 'damage';
  /** By call; a call without an answer finds nobody. */
  readonly answers?: Readonly<Partial<Record<'activate' | 'validate' | 'deactivate' | 'trial', Answer>>>;
  /** What is published from this step on. */
  readonly keyset?: string;
  /** `other`: what is stored lies on another machine from this step on. */
  readonly machine?: 'other';
}

interface Seen {
  readonly status: string;
  readonly reason?: string;
  readonly warning?: string;
  readonly error?: string;
}

const licensed = ['active', 'trial', 'grace'];

/** What is done, and what the app sees afterwards. */
export const step = (done: Did, { status, reason, warning, error }: Seen) => ({
  done: { ...done, answers: done.answers ?? {} },
  seen: {
    error: error ?? null,
    status,
    isLicensed: licensed.includes(status),
    reason: reason ?? null,
    warning: warning ?? null,
  },
});

export const story = (
  comment: string,
  steps: readonly ReturnType<typeof step>[],
  ...flags: string[]
): VectorTest => ({
  comment,
  flags,
  input: { steps: steps.map(({ done }) => done) },
  expected: { steps: steps.map(({ seen }) => seen) },
});

export const storyGroup = (comment: string, tests: readonly VectorTest[]): VectorGroup => ({
  type: 'LicenseStory',
  comment,
  rootKeys: [rootKey.jwk],
  audience: PRODUCT,
  licenseKey: LICENSE_KEY,
  nonces: NONCES,
  keyset: keyset({ keys: [keyEntry(signingKey, NOW - 100 * DAY, null)] }),
  device: machine,
  otherDevice: otherMachine,
  tests,
});

/** A lease for the other machine, which is another device to the server. */
export const elsewhere: Values = { fp: fp(otherMachine), dev: 'dev_01k9zj4t5w8x2y6b3c7d9f1g6k' };

export const HOUR = 3600;
export const day = (count: number) => NOW + count * DAY;

/** Activated at NOW with the first request: how most stories begin. */
export const activate = step(
  { at: NOW, do: 'activate', answers: { activate: activated(1, answeredLease(1, NOW)) } },
  { status: 'active' },
);
