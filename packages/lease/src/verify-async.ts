import type { AsyncCryptoPort } from './crypto.ts';
import { judgeKeyset, KEYSET, type KeysetExpectations, type KeysetVerdict } from './keyset.ts';
import { LEASE } from './lease.ts';
import {
  judgeRevocations,
  REVOCATIONS,
  type RevocationsExpectations,
  type RevocationsVerdict,
} from './revocations.ts';
import { sealDeviceAsync } from './sealed-device.ts';
import { openToken, signatureOf } from './signed-document.ts';
import { judgeLease, type LeaseExpectations, type LeaseVerdict, readLease } from './verify-lease.ts';

// For platforms whose cryptography is asynchronous. The rules are those of the synchronous functions.

type Async<Expectations> = Expectations & AsyncCryptoPort;

export async function verifyKeysetAsync(
  token: string,
  options: Async<KeysetExpectations>,
): Promise<KeysetVerdict> {
  const opened = openToken(token, KEYSET, options.rootKeys);
  return opened.ok
    ? judgeKeyset(opened, await options.verifySignature(...signatureOf(opened)), options)
    : opened;
}

export async function verifyRevocationsAsync(
  token: string,
  options: Async<RevocationsExpectations>,
): Promise<RevocationsVerdict> {
  const opened = openToken(token, REVOCATIONS, options.keyset.keys);
  if (!opened.ok) return opened;
  return judgeRevocations(opened, await options.verifySignature(...signatureOf(opened)), options);
}

export async function verifyLeaseAsync(
  token: string,
  options: Async<LeaseExpectations>,
): Promise<LeaseVerdict> {
  const opened = openToken(token, LEASE, options.keyset.keys);
  if (!opened.ok) return opened;
  const read = readLease(opened, await options.verifySignature(...signatureOf(opened)));
  if (!read.ok) return read;
  const { claims } = read;
  const device =
    options.device === null
      ? null
      : await sealDeviceAsync(options.device, claims.fp.salt, options.hmacSha256);
  return judgeLease(claims, device, options);
}
