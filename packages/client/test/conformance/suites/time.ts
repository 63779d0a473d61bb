import { describe, expect, test } from 'vitest';
import { appOf, machine, newNonce } from '../app.ts';
import type { Target } from '../target.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** What only time brings about. It goes on for all that comes after. */
export function timeSuite(target: () => Target): void {
  const app = appOf(target);

  describe('as time goes by', () => {
    test('a floating seat is held by heartbeats, and a silent one goes to the next machine', async () => {
      const { key } = await target().license({ type: 'floating', deviceLimit: 1 });
      const [silent, next] = [machine(), machine()];
      const first = await app.activate({ license_key: key, device: silent });
      const verdict = await app.judge(first, { device: silent });
      if (!verdict.ok) throw new Error(verdict.error);
      const { exp, iat, pol } = verdict.claims;
      expect([exp - iat, pol.grace]).toEqual([600, 0]);
      expect((await app.activate({ license_key: key, device: next })).error?.code).toBe(
        'DEVICE_LIMIT_REACHED',
      );

      await target().passTime(6 * minuteMs);
      const heartbeat = await app.validate({ license_key: key, device: silent });
      expect(heartbeat.data.code).toBe('VALID');
      expect(heartbeat.data.lease?.token).not.toBe(first.data.lease?.token);
      await target().passTime(6 * minuteMs);
      expect((await app.activate({ license_key: key, device: next })).error?.code).toBe(
        'DEVICE_LIMIT_REACHED',
      );

      await target().passTime(6 * minuteMs);
      const taken = await app.activate({ license_key: key, device: next });
      expect([taken.status, taken.data.license]).toMatchObject([201, { devices_used: 1 }]);
      const nonce = newNonce();
      const lost = await app.validate({ license_key: key, device: silent, nonce });
      expect(lost.data.code).toBe('DEVICE_NOT_ACTIVATED');
      expect(await app.judge(lost, { device: silent, nonce })).toMatchObject({
        error: 'LICENSE_NOT_ACTIVE',
        claims: { lic: { status: 'deactivated' } },
      });
    });

    test('a rotated signing key signs from then on, and leases of the old one stay good', async () => {
      const { key } = await target().license();
      const device = machine();
      const proof = { license_key: key, device };
      const before = await app.activate(proof);
      await target().rotateSigningKey();
      await target().passTime(6 * minuteMs);
      const after = await app.validate(proof);
      expect(after.data.lease?.key_id).not.toBe(before.data.lease?.key_id);
      for (const answer of [before, after])
        expect(await app.judge(answer, { device })).toMatchObject({ ok: true });
    });

    test('a lease is given again until it is due, and then anew', async () => {
      const { key } = await target().license();
      const proof = { license_key: key, device: machine() };
      const first = await app.activate(proof);
      await target().passTime(5 * dayMs);
      expect((await app.validate(proof)).data.lease).toEqual(first.data.lease);
      await target().passTime(4 * dayMs);
      const renewed = await app.validate(proof);
      expect(renewed.data.lease?.token).not.toBe(first.data.lease?.token);
    });

    test('parts may change again after 30 days', async () => {
      const { key } = await target().license();
      const device = machine();
      const renamed = () => ({ license_key: key, device: { ...device, fingerprint: machine().fingerprint } });
      for (const proof of [{ license_key: key, device }, renamed(), renamed()]) await app.activate(proof);
      expect((await app.activate(renamed())).error?.code).toBe('DEVICE_LIMIT_REACHED');
      await target().passTime(31 * dayMs);
      expect((await app.activate(renamed())).data.result).toBe('recovered');
    });
  });
}
