import {
  type AsyncCryptoPort,
  type DeviceDigests,
  type LeaseClaims,
  type LeaseVerdict,
  type VerifiedKeyset,
  verifyKeysetAsync,
  verifyLeaseAsync,
} from '@thrivetech/lease';
import { ThriveError } from '../errors.ts';
import type { SequencedToken } from './change-stored.ts';
import type { Trust } from './verify-stored.ts';

/** What one request must be answered with. */
export interface ProofRequest {
  readonly nonce: string;
  /** As it was sent. */
  readonly device: DeviceDigests;
  /** Epoch seconds. */
  readonly now: number;
  readonly keyset: string | null;
  readonly keysetSequence: number;
  readonly highWater: number;
  readonly signal?: AbortSignal | undefined;
}

/** A lease that was made for this very request, by whom the app trusts, for this product on this machine. */
export interface ProvenLease {
  readonly token: string;
  readonly claims: LeaseClaims;
  readonly fingerprint: string;
  readonly keyset: SequencedToken;
  /** Epoch seconds. */
  readonly highWater: number;
  /** The lease does not allow use: `claims.lic.status` says why. It is as good a proof as one that does. */
  readonly isRefusal: boolean;
  /** The lease allows use, but not by the time that this machine shows. */
  readonly isClockWrong: boolean;
}

export interface LeaseProver {
  /** @throws {ThriveError} UNTRUSTED_ANSWER; or why the keys could not be fetched. */
  prove(token: string, request: ProofRequest): Promise<ProvenLease>;
}

const clockErrors = ['CLOCK_ROLLBACK', 'NOT_YET_VALID', 'LEASE_EXPIRED'];

/**
 * The rule that no server can get around: an answer counts only with a lease that carries our nonce and verifies in
 * full, from the embedded root keys down. That goes for a no as well: without it whoever sits in between could lock out
 * a user who paid.
 */
export function createLeaseProver(
  deps: Trust & {
    readonly crypto: AsyncCryptoPort;
    readonly fetchKeyset: (signal?: AbortSignal) => Promise<string>;
  },
): LeaseProver {
  const { crypto, productId, rootKeys } = deps;

  async function openKeyset(token: string | null, lastSequence: number) {
    if (token === null) return null;
    const verdict = await verifyKeysetAsync(token, { rootKeys, lastSequence, ...crypto });
    return verdict.ok ? { token, verified: verdict.keyset } : null;
  }

  /** The published one: a signing key may have been rotated since. */
  async function fetchKeyset(lastSequence: number, signal: AbortSignal | undefined) {
    const opened = await openKeyset(await deps.fetchKeyset(signal), lastSequence);
    if (!opened) throw untrusted('keyset_not_trusted');
    return opened;
  }

  const verify = (token: string, keyset: VerifiedKeyset, request: ProofRequest, now: number) =>
    verifyLeaseAsync(token, {
      ...crypto,
      keyset,
      audience: productId,
      now,
      device: request.device,
      nonce: request.nonce,
      highWater: request.highWater,
    });

  return {
    async prove(token, request) {
      const { keysetSequence, signal, now } = request;
      let keyset =
        (await openKeyset(request.keyset, keysetSequence)) ?? (await fetchKeyset(keysetSequence, signal));
      let verdict = await verify(token, keyset.verified, request, now);
      if (!verdict.ok && verdict.error === 'UNKNOWN_KEY') {
        keyset = await fetchKeyset(keysetSequence, signal);
        verdict = await verify(token, keyset.verified, request, now);
      }
      // The nonce held, so this is the server's word of just now; only this machine's clock disagrees. The steps
      // behind those of the clock are made up for at the time of the server.
      const isOffTime = !verdict.ok && clockErrors.includes(verdict.error);
      if (isOffTime && verdict.claims) {
        verdict = await verify(token, keyset.verified, request, verdict.claims.iat);
      }
      const { claims, isRefusal, highWater } = proven(verdict);
      return {
        token,
        claims,
        fingerprint: request.device.fingerprint,
        keyset: { token: keyset.token, sequence: keyset.verified.seq },
        highWater,
        isRefusal,
        isClockWrong: isOffTime && !isRefusal,
      };
    },
  };
}

function proven(verdict: LeaseVerdict): { claims: LeaseClaims; isRefusal: boolean; highWater: number } {
  if (verdict.ok) return { claims: verdict.claims, isRefusal: false, highWater: verdict.highWater };
  const { error, claims, highWater } = verdict;
  // The last step of all: everything else about this refusal held.
  if (error === 'LICENSE_NOT_ACTIVE' && claims) {
    return { claims, isRefusal: true, highWater: highWater ?? claims.iat };
  }
  throw untrusted(error);
}

const untrusted = (reason: string) => new ThriveError('UNTRUSTED_ANSWER', { details: { reason } });
