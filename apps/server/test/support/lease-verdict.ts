import {
  type DeviceDigests,
  type LeaseVerdict,
  type PublicJwk,
  type VerifiedKeyset,
  verifyKeyset,
  verifyLease,
} from '@thrivetech/lease';
import { nodeCrypto } from '@thrivetech/lease/node';
import type { TestServer } from './test-server.ts';

/** The keyset as an app gets it: fetched from the server, believed because the root key signed it. */
export async function fetchKeyset(server: Pick<TestServer, 'baseUrl'>): Promise<VerifiedKeyset> {
  const answer = await fetch(`${server.baseUrl}/.well-known/thrive-keys.json`);
  const published = (await answer.json()) as { keyset: string; root_keys: PublicJwk[] };
  const verdict = verifyKeyset(published.keyset, {
    rootKeys: published.root_keys,
    verifySignature: nodeCrypto.verifySignature,
  });
  if (!verdict.ok) throw new Error(`The keyset is refused: ${verdict.error}`);
  return verdict.keyset;
}

/** What an app makes of a lease, on its own machine and at the server's time. */
export async function judgeLease(
  server: Pick<TestServer, 'baseUrl' | 'clock'>,
  token: string,
  expected: { audience: string; device: { fingerprint: string; components?: object }; nonce?: string },
): Promise<LeaseVerdict> {
  const { fingerprint, components = {} } = expected.device;
  return verifyLease(token, {
    ...nodeCrypto,
    keyset: await fetchKeyset(server),
    audience: expected.audience,
    nonce: expected.nonce,
    now: server.clock.now() / 1000,
    device: { fingerprint, components } satisfies DeviceDigests,
  });
}
