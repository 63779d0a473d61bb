import {
  type CryptoPort,
  type DeviceDigests,
  type LeaseClaims,
  type LeaseError,
  type LeaseVerdict,
  verifyKeyset,
  verifyLease,
  verifyRevocations,
} from '@thrivetech/lease';
import { isRecord } from '../api/read-answer.ts';
import type { WireDevice } from '../api/wire.ts';
import { ThriveError } from '../errors.ts';
import { type NewLease, openRequests } from './change-stored.ts';
import type { StoredLicense } from './stored-license.ts';
import type { Trust } from './verify-stored.ts';

const fileVersion = 1;
/** A lease, a keyset and the largest bulletin. */
const fileCharsMax = 2 * 1024 * 1024;

/** The text of a `.lreq` file: who this machine is, to be carried to the vendor. It holds no license key. */
export function licenseRequestFile(request: {
  readonly productId: string;
  readonly device: WireDevice;
  readonly nonce: string;
  readonly licenseId: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
}): string {
  const { productId, device, nonce, licenseId, now } = request;
  const file = {
    format: 'thrive-license-request',
    version: fileVersion,
    product_id: productId,
    device,
    nonce,
    ...(licenseId !== null && { license_id: licenseId }),
    created_at: new Date(now).toISOString(),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * The lease in a `.lic` file, verified in full. It must answer one of the requests of this machine, or carry no nonce
 * and be newer than what is here: else an old file could undo what came after it.
 *
 * @param now epoch seconds.
 * @throws {ThriveError} INVALID_LICENSE_FILE, with the step that failed in `details.reason`.
 */
export function readLicenseFile(
  text: string,
  stored: StoredLicense,
  machine: { readonly device: DeviceDigests; readonly now: number },
  trust: Trust & { readonly crypto: CryptoPort },
): NewLease {
  const file = parseFile(text);
  const { crypto, rootKeys, productId } = trust;
  const { verifySignature } = crypto;
  const { last_sequences: last } = stored;

  const opened = verifyKeyset(file.keyset, { rootKeys, lastSequence: last.keyset, verifySignature });
  if (!opened.ok) throw invalid(opened.error, 'keyset');
  const { keyset } = opened;
  const bulletin =
    file.revocations === null
      ? null
      : verifyRevocations(file.revocations, { keyset, lastSequence: last.revocations, verifySignature });
  if (bulletin && !bulletin.ok) throw invalid(bulletin.error, 'revocations');
  const revocations = bulletin?.revocations;

  const expected = {
    ...crypto,
    ...machine,
    keyset,
    audience: productId,
    highWater: stored.high_water,
    revocations,
  };
  const first = verifyLease(file.lease, expected);
  const claims = claimsOf(first);
  const isKnown = file.lease === stored.lease;
  const isAwaited = openRequests(stored, machine.now).some(({ nonce }) => nonce === claims.nonce);
  if (claims.nonce !== undefined && !isAwaited && !isKnown) {
    // Of two things that are wrong, the one that helps whoever carries several files.
    const isForeign = !first.ok && first.error === 'DEVICE_MISMATCH';
    throw invalid(isForeign ? first.error : 'WRONG_NONCE', 'lease');
  }
  const isOld = stored.device_id === claims.dev && claims.seq <= last.lease;
  if (isOld && !isKnown) throw invalid('STALE_SEQUENCE', 'lease');
  // Made for our request, so its time outranks what this machine believed: a clock set wrong once heals here as well.
  const verdict = isAwaited ? verifyLease(file.lease, { ...expected, nonce: claims.nonce }) : first;
  if (!verdict.ok) throw invalid(verdict.error, 'lease');
  return {
    token: file.lease,
    claims,
    fingerprint: machine.device.fingerprint,
    keyset: { token: file.keyset, sequence: keyset.seq },
    revocations:
      revocations && file.revocations !== null
        ? { token: file.revocations, sequence: revocations.seq }
        : undefined,
    highWater: verdict.highWater,
  };
}

function claimsOf(verdict: LeaseVerdict): LeaseClaims {
  if (verdict.ok) return verdict.claims;
  if (verdict.claims) return verdict.claims;
  throw invalid(verdict.error, 'lease');
}

interface LicenseFile {
  readonly lease: string;
  readonly keyset: string;
  readonly revocations: string | null;
}

function parseFile(text: string): LicenseFile {
  const file = parseJson(text);
  if (!isRecord(file) || file['format'] !== 'thrive-license-file')
    throw invalid('NOT_A_LICENSE_FILE', 'file');
  if (file['version'] !== fileVersion) throw invalid('BAD_VERSION', 'file');
  const { lease, keyset, revocations = null } = file;
  const isReadable =
    typeof lease === 'string' &&
    typeof keyset === 'string' &&
    (revocations === null || typeof revocations === 'string');
  if (!isReadable) throw invalid('NOT_A_LICENSE_FILE', 'file');
  return { lease, keyset, revocations };
}

function parseJson(text: string): unknown {
  if (text.length > fileCharsMax) return null;
  try {
    // Editors and mail programs like to put a byte order mark in front.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return null;
  }
}

type FileFault = LeaseError | 'NOT_A_LICENSE_FILE';

const invalid = (reason: FileFault, part: 'file' | 'keyset' | 'revocations' | 'lease') =>
  new ThriveError('INVALID_LICENSE_FILE', { details: { reason, part } });
