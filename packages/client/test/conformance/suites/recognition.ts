import { describe, expect, test } from 'vitest';
import { appOf, machine } from '../app.ts';
import type { Target } from '../target.ts';

export function recognitionSuite(target: () => Target): void {
  const app = appOf(target);

  describe('a machine whose parts change', () => {
    test('is recovered by its components under a new fingerprint, and keeps its device and seat', async () => {
      const { key } = await target().license();
      const device = machine();
      const first = await app.activate({ license_key: key, device });
      const renamed = { ...device, fingerprint: machine().fingerprint };
      const answer = await app.activate({ license_key: key, device: renamed });
      expect([answer.status, answer.data.result]).toEqual([200, 'recovered']);
      expect(answer.data.device?.id).toBe(first.data.device?.id);
      expect(await app.judge(answer, { device: renamed })).toMatchObject({ ok: true });
    });

    test.each(['os_install_id', 'board_id', 'boot_disk', 'mac', 'cpu'])(
      'survives another %s',
      async (part) => {
        const { key } = await target().license();
        const device = machine();
        await app.activate({ license_key: key, device });
        const repaired = {
          fingerprint: machine().fingerprint,
          components: { ...device.components, [part]: 'another-part-of-this-machine' },
        };
        const answer = await app.activate({ license_key: key, device: repaired });
        expect(answer.data.result).toBe('recovered');
        const lease = await app.judge(answer, { device: repaired });
        expect(lease).toMatchObject({ ok: true, changed: [] });
      },
    );

    test('is another machine when only weak parts are left of it', async () => {
      const { key } = await target().license();
      const device = machine();
      await app.activate({ license_key: key, device });
      const [other, { boot_disk, mac, cpu }] = [machine(), device.components as Record<string, string>];
      const alike = { ...other, components: { ...other.components, boot_disk, mac, cpu } };
      const { error } = await app.activate({ license_key: key, device: alike });
      expect(error?.code).toBe('DEVICE_LIMIT_REACHED');
    });

    test('is taken over at most twice in 30 days, and comes back with its old fingerprint', async () => {
      const { key } = await target().license();
      const device = machine();
      const renamed = () => ({ ...device, fingerprint: machine().fingerprint });
      const proof = { license_key: key };
      await app.activate({ ...proof, device });
      const results = [];
      const second = renamed();
      for (const asking of [renamed(), second]) {
        results.push((await app.activate({ ...proof, device: asking })).data.result);
      }
      expect(results).toEqual(['recovered', 'recovered']);
      const third = renamed();
      expect((await app.activate({ ...proof, device: third })).error?.code).toBe('DEVICE_LIMIT_REACHED');
      const refused = await app.validate({ ...proof, device: third, nonce: 'a'.repeat(22) });
      // Its old fingerprint brings it back, so nothing is proven against it.
      expect([refused.data.code, refused.data.lease]).toEqual(['DEVICE_NOT_ACTIVATED', undefined]);
      expect((await app.activate({ ...proof, device: second })).data.result).toBe('already_active');
    });

    test('learns a part that was unknown, at no cost', async () => {
      const { key } = await target().license();
      const device = machine();
      const { os_install_id, board_id, ...weaker } = device.components as Record<string, string>;
      const { fingerprint } = device;
      await app.activate({
        license_key: key,
        device: { fingerprint, components: { os_install_id, ...weaker } },
      });
      const learning = await app.activate({ license_key: key, device });
      expect(learning.data.result).toBe('already_active');
      const onlyBoard = { fingerprint: machine().fingerprint, components: { board_id, ...weaker } };
      expect((await app.activate({ license_key: key, device: onlyBoard })).data.result).toBe('recovered');
    });

    test('is enrolled anew by validate as well', async () => {
      const { key } = await target().license();
      const device = machine();
      await app.activate({ license_key: key, device });
      const repaired = {
        ...device,
        components: { ...device.components, board_id: 'another-part-of-this-machine' },
      };
      const answer = await app.validate({ license_key: key, device: repaired });
      expect(answer.data.code).toBe('VALID');
      expect(await app.judge(answer, { device: repaired })).toMatchObject({ ok: true, changed: [] });
    });
  });
}
