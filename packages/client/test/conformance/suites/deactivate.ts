import { describe, expect, test } from 'vitest';
import { appOf, machine, newNonce } from '../app.ts';
import type { Target } from '../target.ts';

export function deactivateSuite(target: () => Target): void {
  const app = appOf(target);

  describe('deactivate', () => {
    test('frees the seat of a machine, by its fingerprint or its device id, and says so once', async () => {
      const { key } = await target().license({ deviceLimit: 1 });
      for (const by of ['device', 'device_id']) {
        const device = machine();
        const { data } = await app.activate({ license_key: key, device });
        const named = by === 'device' ? { device } : { device_id: data.device?.id };
        const nonce = newNonce();
        const first = await app.deactivate({ license_key: key, ...named, nonce });
        expect(first.data).toMatchObject({ result: 'deactivated', nonce, license: { devices_used: 0 } });
        expect(first.data.device?.id).toBe(data.device?.id);
        const again = await app.deactivate({ license_key: key, ...named });
        expect([again.status, again.data.result]).toEqual([200, 'already_deactivated']);
      }
    });

    test('knows a machine by its components when its fingerprint has changed', async () => {
      const { key } = await target().license();
      const device = machine();
      await app.activate({ license_key: key, device });
      const renamed = { ...device, fingerprint: machine().fingerprint };
      expect((await app.deactivate({ license_key: key, device: renamed })).data.result).toBe('deactivated');
    });

    const states: readonly [string, (licenseId: string) => Promise<void>, string][] = [
      ['suspended', (id) => target().suspend(id), 'deactivated'],
      ['expired', (id) => target().expire(id), 'deactivated'],
      ['revoked', (id) => target().revoke(id), 'already_deactivated'],
    ];
    test.each(states)(
      'works on a license that is %s: a user can always leave',
      async (_state, provoke, result) => {
        const { key, id } = await target().license({ type: 'timed', durationDays: 30 });
        const device = machine();
        await app.activate({ license_key: key, device });
        await provoke(id);
        const { status, data } = await app.deactivate({ license_key: key, device });
        expect([status, data.result]).toEqual([200, result]);
      },
    );

    test('finds nothing for a machine or a device that the license never had', async () => {
      const { key } = await target().license();
      const asked = [{ device: machine() }, { device_id: 'dev_unknown' }];
      for (const named of asked) {
        const { status, error } = await app.deactivate({ license_key: key, ...named });
        expect([status, error?.code, error?.message]).toEqual([
          404,
          'RESOURCE_NOT_FOUND',
          'There is no such device.',
        ]);
      }
    });

    test('makes room: the same machine activates again as a new device', async () => {
      const { key } = await target().license();
      const device = machine();
      const first = await app.activate({ license_key: key, device });
      await app.deactivate({ license_key: key, device });
      const again = await app.activate({ license_key: key, device });
      expect([again.status, again.data.result]).toEqual([201, 'activated']);
      expect(again.data.device?.id).not.toBe(first.data.device?.id);
    });
  });
}
