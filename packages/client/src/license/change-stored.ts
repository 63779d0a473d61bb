import type { LeaseClaims } from '@thrivetech/lease';
import type { WireLicense } from '../api/wire.ts';
import type { Problem, StoredLicense } from './stored-license.ts';

// What can happen to a stored license, each as a function from what is stored when the lock is held: another process
// of the app may have changed it while this one was waiting for an answer.

/** A signed document and the `seq` that it carries. */
export interface SequencedToken {
  readonly token: string;
  readonly sequence: number;
}

/** A lease that was verified in full, with all that came with it. */
export interface NewLease {
  readonly token: string;
  readonly claims: LeaseClaims;
  /** With which this machine asked for it. */
  readonly fingerprint: string;
  readonly keyset: SequencedToken;
  readonly revocations?: SequencedToken | undefined;
  /** Epoch seconds. */
  readonly highWater: number;
  readonly display?: WireLicense | undefined;
}

const requestSecondsMax = 30 * 86_400;
const requestsMax = 20;

/** Of a device that was freed from outside, except where a seat comes and goes by itself. */
const isFreed = ({ lic }: LeaseClaims) => lic.status === 'deactivated' && lic.type !== 'floating';

/**
 * Takes over a lease, also one that refuses. One that is older than what another process stored meanwhile changes
 * nothing.
 *
 * @param key null: there is none to this lease. Undefined: the one that is stored stays.
 */
export function withLease(
  stored: StoredLicense,
  lease: NewLease,
  key: StoredLicense['key'] | undefined,
): StoredLicense {
  const { claims, keyset, revocations, display } = lease;
  const isSameDevice = stored.device_id === claims.dev;
  if (isSameDevice && claims.seq < stored.last_sequences.lease) return stored;
  return {
    key: isFreed(claims) ? null : key === undefined ? stored.key : key,
    lease: lease.token,
    keyset: keyset.sequence >= stored.last_sequences.keyset ? keyset.token : stored.keyset,
    revocations: revocations?.token ?? stored.revocations,
    license_id: claims.sub,
    license_type: claims.lic.type,
    device_id: claims.dev,
    last_sequences: {
      lease: claims.seq,
      keyset: Math.max(keyset.sequence, stored.last_sequences.keyset),
      revocations: Math.max(revocations?.sequence ?? 0, stored.last_sequences.revocations),
    },
    high_water: lease.highWater,
    problem: null,
    display: display ?? (isSameDevice ? stored.display : { devices_used: null, key_masked: null }),
    requests: stored.requests.filter(({ nonce }) => nonce !== claims.nonce),
    is_deactivated: false,
    fingerprint: lease.fingerprint,
    fallback_fingerprint: stored.fallback_fingerprint,
  };
}

/** The answer to a refresh: of no interest if the machine has meanwhile turned to another license, or left it. */
export function withRefresh(stored: StoredLicense, asked: StoredLicense, lease: NewLease): StoredLicense {
  const isStillThat = stored.lease !== null && stored.license_id === asked.license_id;
  return isStillThat ? withLease(stored, lease, undefined) : stored;
}

/** The time since when it is so stays as long as the code does. */
export function withProblem(stored: StoredLicense, problem: Problem): StoredLicense {
  const since = stored.problem?.code === problem.code ? stored.problem.since : problem.since;
  return { ...stored, problem: { ...problem, since } };
}

/** Forgets license and key, and keeps what guards against bringing back an old file or an old time. */
export function withoutLease(stored: StoredLicense): StoredLicense {
  return {
    ...stored,
    key: null,
    lease: null,
    problem: null,
    display: { devices_used: null, key_masked: null },
    is_deactivated: true,
  };
}

/** Remembers a request for a license file; old ones make room. */
export function withRequest(stored: StoredLicense, nonce: string, now: number): StoredLicense {
  return {
    ...stored,
    requests: [...openRequests(stored, now), { nonce, created_at: now }].slice(-requestsMax),
  };
}

/** Requests whose answer would still be taken. */
export function openRequests(stored: StoredLicense, now: number): StoredLicense['requests'] {
  return stored.requests.filter(({ created_at: at }) => Math.abs(now - at) <= requestSecondsMax);
}

/** A clock reading, so that a clock set back is noticed later. */
export function withClock(stored: StoredLicense, now: number): StoredLicense {
  return { ...stored, high_water: Math.max(stored.high_water, now) };
}

/** The first process to come makes the name of a machine that has none. */
export function withFallbackFingerprint(stored: StoredLicense, fingerprint: string): StoredLicense {
  return { ...stored, fallback_fingerprint: stored.fallback_fingerprint ?? fingerprint };
}
