import { nodeCrypto } from '@thrivetech/lease/node';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import type { Executor, Outcome } from '../../../lease/src/vectors.fixtures.ts';
import { verifyWebhook } from '../../src/admin/verify-webhook.ts';
import { createHttp } from '../../src/api/http.ts';
import { readAnswer } from '../../src/api/read-answer.ts';
import { digestComponents, fingerprintOf } from '../../src/device/digest-components.ts';
import { macAddress, machineId, modelName, serialNumber, uuid } from '../../src/device/identity-values.ts';
import type { Machine } from '../../src/device/machine.ts';
import { ThriveError } from '../../src/errors.ts';
import { judgeLicense } from '../../src/license/judge-license.ts';
import { readLicenseFile } from '../../src/license/license-file.ts';
import { createLeaseProver } from '../../src/license/prove-lease.ts';
import { delayAfterFailure, refreshDueAt } from '../../src/license/refresh-schedule.ts';
import { nothingStored, type Problem, type StoredLicense } from '../../src/license/stored-license.ts';
import { verifyStored } from '../../src/license/verify-stored.ts';
import { type App, runStory, type Scene, type Story } from './run-story.ts';
import { StillTime } from './still-time.ts';

const valid = (expected: unknown): Outcome => ({ result: 'valid', expected });
const invalid = (error: string, expected: unknown): Outcome => ({ result: 'invalid', error, expected });

const readers = { machineId, macAddress, modelName, serialNumber, uuid };
const noParts: Machine['components'] = {
  os_install_id: null,
  board_id: null,
  boot_disk: null,
  mac: null,
  cpu: null,
};

/** One executor for each `type` of group that concerns a client; the README of the vectors describes them. */
export const clientExecutors: Readonly<Record<string, Executor>> = {
  DeviceDigest: (input) => {
    const { productId, values } = input as { productId: string; values: Partial<Machine['components']> };
    const components = digestComponents({ ...noParts, ...values }, productId);
    return valid({ components, fingerprint: fingerprintOf(components, productId) });
  },

  DeviceValue: (input) => {
    const { kind, text } = input as { kind: keyof typeof readers; text: string };
    return valid({ value: readers[kind](text) });
  },

  LicenseState: (input, group) => {
    const { stored, now } = input as { stored: StoredVector | 'damaged'; now: number };
    const { rootKeys, audience, device } = group as unknown as App;
    const license = stored === 'damaged' ? stored : storedLicense(stored);
    const trust = { rootKeys, productId: audience, crypto: nodeCrypto };
    const verified = license === 'damaged' ? null : verifyStored(license, device, now, trust);
    return valid(inSeconds(judgeLicense({ stored: license, verified, now })));
  },

  AnswerProof: async (input, group) => {
    const { token, published, ...request } = input as {
      token: string;
      nonce: string;
      now: number;
      highWater: number;
      keyset: string | null;
      keysetSequence: number;
      published: string | null;
    };
    const { rootKeys, audience, device } = group as unknown as App;
    const prover = createLeaseProver({
      rootKeys,
      productId: audience,
      crypto: {
        verifySignature: async (...signed) => nodeCrypto.verifySignature(...signed),
        hmacSha256: async (...message) => nodeCrypto.hmacSha256(...message),
      },
      fetchKeyset: async () => {
        if (published === null) throw new ThriveError('NETWORK_ERROR');
        return published;
      },
    });
    try {
      const { isRefusal, isClockWrong, highWater, keyset } = await prover.prove(token, {
        ...request,
        device,
      });
      return valid({ isRefusal, isClockWrong, highWater, keysetSequence: keyset.sequence });
    } catch (error) {
      return refusedWith(error, ({ details }) => details);
    }
  },

  LicenseFile: (input, group) => {
    const { text, stored, now } = input as { text: string; stored: StoredVector & Requests; now: number };
    const { rootKeys, audience, device } = group as unknown as App;
    const trust = { rootKeys, productId: audience, crypto: nodeCrypto };
    const requests = stored.requests.map(({ nonce, createdAt }) => ({ nonce, created_at: createdAt }));
    try {
      const file = readLicenseFile(text, { ...storedLicense(stored), requests }, { device, now }, trust);
      const { claims, keyset, revocations, highWater } = file;
      return valid({
        licenseId: claims.sub,
        sequence: claims.seq,
        keysetSequence: keyset.sequence,
        revocationsSequence: revocations?.sequence ?? null,
        highWater,
      });
    } catch (error) {
      return refusedWith(error, ({ details }) => details);
    }
  },

  LicenseStory: async (input, group) =>
    valid({ steps: await runStory(input as unknown as Story, group as unknown as Scene) }),

  CallRetry: async (input, group) => {
    const { now, random, tries } = input as { now: number; random: number; tries: readonly Try[] };
    const { tryTimeoutMs } = group as { tryTimeoutMs: number };
    const time = new StillTime(now * 1000);
    /** When each try began and ended. */
    const made: { start: number; end: number }[] = [];
    const http = createHttp({
      baseUrl: 'https://licenses.example',
      apiKey: 'test',
      random: () => random,
      clock: time,
      fetch: async () => {
        const next = tries[made.length];
        if (next === undefined) throw new Error('there are no more answers');
        const start = time.now();
        const isSlow = 'failure' in next && next.failure === 'TIMEOUT';
        made.push({ start, end: isSlow ? start + tryTimeoutMs : start });
        if (isSlow) return new Promise<never>(() => {});
        if ('failure' in next) throw new TypeError('fetch failed');
        const headers = next.retryAfter === null ? {} : { 'retry-after': next.retryAfter };
        return new Response(next.body, { status: next.status, headers });
      },
    });
    const outcome = http({ method: 'POST', path: '/', body: {} }, readAnswer).then(
      () => valid(delays()),
      (error) => refusedWith(error, delays),
    );
    return time.passUntil(outcome);

    function delays() {
      const delaysMs = made.slice(1).map(({ start }, index) => start - (made[index]?.end ?? 0));
      return { tries: made.length, delaysMs };
    }
  },

  RefreshDue: (input) => {
    const { iat, refresh, jitter } = input as { iat: number; refresh: number; jitter: number };
    return valid({ dueAtMs: refreshDueAt(acceptedLease(iat, refresh), jitter, true) });
  },

  RefreshBackoff: (input) => {
    const { failures, random, ...rest } = input as {
      failures: number;
      random: number;
      retryAfterMs: number;
      leftMs: number;
    };
    return valid({ delayMs: delayAfterFailure(failures, random, rest) });
  },

  WebhookVerify: async (input, group) => {
    const { headers, body, now } = input as { headers: Record<string, string>; body: string; now: number };
    const { secrets } = group as { secrets: string[] };
    const expected = { standardWebhooks: standardWebhooks(secrets, { headers, body, now }) };
    try {
      await verifyWebhook(body, headers, secrets, { now: () => now * 1000 });
      return valid(expected);
    } catch (error) {
      const { error: code, expected: reason } = refusedWith(error, ({ details }) => details);
      if (code !== 'INVALID_WEBHOOK') throw error;
      return invalid((reason as { reason: string }).reason, expected);
    }
  },
};

/** What the library of that name says, with whichever of the secrets. It knows no clock but the machine's. */
function standardWebhooks(
  secrets: readonly string[],
  { headers, body, now }: { headers: Record<string, string>; body: string; now: number },
): Outcome['result'] {
  vi.useFakeTimers({ now: now * 1000, toFake: ['Date'] });
  try {
    const holds = secrets.some((secret) => {
      try {
        new Webhook(secret).verify(body, headers, { jsonParse: false });
        return true;
      } catch {
        return false;
      }
    });
    return holds ? 'valid' : 'invalid';
  } finally {
    vi.useRealTimers();
  }
}

type Try =
  | { readonly failure: 'NETWORK_ERROR' | 'TIMEOUT' }
  | { readonly status: number; readonly retryAfter: string | null; readonly body: string };

interface StoredVector {
  readonly lease: string | null;
  readonly keyset: string | null;
  readonly revocations: string | null;
  readonly deviceId: string | null;
  readonly lastSequences: StoredLicense['last_sequences'];
  readonly highWater: number;
  readonly problem: Problem | null;
  readonly devicesUsed: number | null;
  readonly keyMasked: string | null;
  readonly isDeactivated: boolean;
}

interface Requests {
  readonly requests: readonly { readonly nonce: string; readonly createdAt: number }[];
}

function storedLicense(vector: StoredVector): StoredLicense {
  const { lease, keyset, revocations, problem } = vector;
  return {
    ...nothingStored,
    lease,
    keyset,
    revocations,
    problem,
    device_id: vector.deviceId,
    last_sequences: vector.lastSequences,
    high_water: vector.highWater,
    display: { devices_used: vector.devicesUsed, key_masked: vector.keyMasked },
    is_deactivated: vector.isDeactivated,
  };
}

/** The same with every date in epoch seconds. */
function inSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inSeconds(member)]));
}

function acceptedLease(iat: number, refresh: number): Parameters<typeof refreshDueAt>[0] {
  const verdict = { ok: true, claims: { iat, pol: { refresh } }, changed: [] };
  return verdict as unknown as Parameters<typeof refreshDueAt>[0];
}

function refusedWith(error: unknown, expected: (error: ThriveError) => unknown): Outcome {
  if (!(error instanceof ThriveError)) throw error;
  return invalid(error.code, expected(error));
}
