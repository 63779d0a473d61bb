import { describe, expect, test } from 'vitest';
import { appOf, machine, newNonce } from '../app.ts';
import type { Target } from '../target.ts';

const dayMs = 86_400_000;

export function trialSuite(target: () => Target): void {
  const app = appOf(target);
  const ask = (device: object, more: object = {}) =>
    app.trial({ product_id: target().productId, device, ...more });

  describe('trial', () => {
    test('starts once on a machine, and is answered with the same end from then on', async () => {
      const [device, nonce] = [machine(), newNonce()];
      const first = await ask(device, { nonce });
      expect([first.status, first.data.result, first.data.nonce]).toEqual([201, 'started', nonce]);
      const { license } = first.data;
      expect(license).toMatchObject({ type: 'trial', status: 'active', device_limit: 1, devices_used: 1 });
      expect(Date.parse(String(license?.['expires_at']))).toBe(
        Date.parse(first.data.server_time) + 14 * dayMs,
      );
      expect(license?.['grace_ends_at']).toBe(license?.['expires_at']);
      expect(await app.judge(first, { device, nonce })).toMatchObject({
        ok: true,
        claims: { lic: { type: 'trial', status: 'active' }, pol: { grace: 0 } },
      });

      const again = await ask(device);
      expect([again.status, again.data.result]).toEqual([200, 'existing']);
      expect(again.data.license).toEqual(license);
      expect(again.data.device?.id).toBe(first.data.device?.id);
    });

    test('asked for many times at once starts once', async () => {
      const device = machine();
      const answers = await Promise.all(Array.from({ length: 6 }, () => ask(device)));
      const results = answers.map(({ data }) => data.result).sort();
      expect(results).toEqual([...Array(5).fill('existing'), 'started']);
      expect(new Set(answers.map(({ data }) => data.license?.id)).size).toBe(1);
    });

    test('is found again by either strong component of the machine', async () => {
      const device = machine();
      const first = await ask(device);
      const { os_install_id, board_id } = device.components as Record<string, string>;
      for (const components of [{ os_install_id }, { board_id }]) {
        const again = await ask({ fingerprint: machine().fingerprint, components });
        expect([again.data.result, again.data.license?.id]).toEqual(['existing', first.data.license?.id]);
      }
    });

    test('has ended for good when it ends', async () => {
      const device = machine();
      const { data } = await ask(device);
      await target().expire(data.license?.id ?? '');
      const { status, error } = await ask(device);
      expect([status, error?.code, error?.details]).toEqual([
        403,
        'PERMISSION_DENIED',
        { reason: 'trial_ended' },
      ]);
    });

    test('that was revoked or suspended is refused by that', async () => {
      const provocations = [
        ['LICENSE_REVOKED', (id: string) => target().revoke(id)],
        ['LICENSE_SUSPENDED', (id: string) => target().suspend(id)],
      ] as const;
      for (const [code, provoke] of provocations) {
        const device = machine();
        const { data } = await ask(device);
        await provoke(data.license?.id ?? '');
        const { status, error } = await ask(device);
        expect([status, error?.code]).toEqual([403, code]);
      }
    });

    test('is not offered by every product, and never by one that does not exist', async () => {
      const { productWithoutTrial: product_id } = target();
      const refused = await ask(machine(), { product_id });
      expect([refused.status, refused.error?.code, refused.error?.details]).toEqual([
        403,
        'PERMISSION_DENIED',
        { reason: 'trial_not_offered' },
      ]);
      const unknown = await ask(machine(), { product_id: 'prd_unknown' });
      expect([unknown.status, unknown.error?.message]).toEqual([404, 'There is no such product.']);
    });

    test('leaves a paid license on the same machine one seat', async () => {
      const device = machine();
      await ask(device);
      const { key } = await target().license();
      const { data } = await app.activate({ license_key: key, device });
      expect(data).toMatchObject({ result: 'activated', license: { type: 'perpetual', devices_used: 1 } });
    });
  });
}
