import { type LeaseClaims, verifyKeyset, verifyLease, verifyRevocations } from '@thrivetech/lease';
import { nodeCrypto } from '@thrivetech/lease/node';
import { describe, expect, test } from 'vitest';
import { appOf, machine, newNonce } from '../app.ts';
import type { Target } from '../target.ts';

export function fileSuite(target: () => Target): void {
  const app = appOf(target);
  const requestOf = (product_id: string, device = machine()) => ({
    format: 'thrive-license-request' as const,
    version: 1 as const,
    product_id,
    device,
    nonce: newNonce(),
    created_at: new Date().toISOString(),
  });
  type File = Awaited<ReturnType<Target['issueFile']>>;

  /** What a machine without a network makes of a file. */
  function open(file: File, { device, nonce, product_id }: ReturnType<typeof requestOf>) {
    const { rootKeys } = target();
    const opened = verifyKeyset(file.keyset, { ...nodeCrypto, rootKeys });
    if (!opened.ok) throw new Error(opened.error);
    const { keyset } = opened;
    const bulletin = verifyRevocations(file.revocations, { ...nodeCrypto, keyset });
    if (!bulletin.ok) throw new Error(bulletin.error);
    const { revocations } = bulletin;
    const now = revocations.iat;
    const expected = { ...nodeCrypto, keyset, audience: product_id, device, nonce, now, revocations };
    const verdict = verifyLease(file.lease, expected);
    return { verdict, revocations, claims: verdict.claims as LeaseClaims };
  }

  describe('a license file', () => {
    test('answers the request of a machine without a network, and takes a seat', async () => {
      const license = await target().license({ deviceLimit: 1 });
      const request = requestOf(license.productId);
      const file = await target().issueFile(license.id, request, { leaseDays: 365 });
      expect(file).toMatchObject({ format: 'thrive-license-file', version: 1 });
      const { verdict, claims } = open(file, request);
      expect(verdict.ok).toBe(true);
      expect([claims.sub, claims.exp - claims.iat]).toEqual([license.id, 365 * 86_400]);
      const other = await app.activate({ license_key: license.key, device: machine() });
      expect(other.error?.code).toBe('DEVICE_LIMIT_REACHED');
    });

    test('never ends before an earlier one of the same machine', async () => {
      const license = await target().license();
      const device = machine();
      const long = requestOf(license.productId, device);
      const first = open(await target().issueFile(license.id, long, { leaseDays: 100 }), long);
      const short = requestOf(license.productId, device);
      const second = open(await target().issueFile(license.id, short, { leaseDays: 1 }), short);
      expect(second.claims.exp).toBeGreaterThanOrEqual(first.claims.exp);
      expect(second.claims.dev).toBe(first.claims.dev);
      expect(second.claims.seq).toBeGreaterThan(first.claims.seq);
    });

    test('names the devices that lost their seat', async () => {
      const license = await target().license();
      const first = await app.activate({ license_key: license.key, device: machine() });
      const replaceDeviceId = first.data.device?.id ?? '';
      const request = requestOf(license.productId);
      const file = await target().issueFile(license.id, request, { replaceDeviceId });
      expect(open(file, request).revocations.devices).toEqual([replaceDeviceId]);
    });

    test('is refused by the rules of an activation, and for floating licenses', async () => {
      const license = await target().license();
      await app.activate({ license_key: license.key, device: machine() });
      const refusal = (id: string, request: ReturnType<typeof requestOf>) =>
        expect(target().issueFile(id, request)).rejects;
      await refusal(license.id, requestOf(license.productId)).toThrow(/All seats|DEVICE_LIMIT_REACHED/);
      await refusal(license.id, requestOf(target().productWithoutTrial)).toThrow(
        /not valid|VALIDATION_ERROR/,
      );
      const floating = await target().license({ type: 'floating' });
      await refusal(floating.id, requestOf(floating.productId)).toThrow(/floating/);
    });
  });
}
