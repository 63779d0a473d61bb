import { describe, expect, test } from 'vitest';
import { appOf, machine, newNonce } from '../app.ts';
import type { Target } from '../target.ts';

/** A lease has whole seconds, and goes on to the end of the one in which its license ends. */
const nextSecond = (timestamp: unknown) =>
  new Date(Math.ceil(Date.parse(String(timestamp)) / 1000) * 1000).toISOString();

export function activateSuite(target: () => Target): void {
  const app = appOf(target);

  describe('activate', () => {
    test('a new machine takes a seat and gets a lease that verifies with its nonce', async () => {
      const license = await target().license({ deviceLimit: 3, features: { export: true, projects: 5 } });
      const [device, nonce] = [machine(), newNonce()];
      const answer = await app.activate({ license_key: license.key, device, nonce });
      expect(answer.status).toBe(201);
      expect(answer.data).toMatchObject({
        result: 'activated',
        nonce,
        license: {
          id: license.id,
          type: 'perpetual',
          status: 'active',
          expires_at: null,
          grace_ends_at: null,
          device_limit: 3,
          devices_used: 1,
          features: { export: true, projects: 5 },
          key_masked: `••••-${license.key.replaceAll('-', '').slice(-4)}`,
        },
      });
      const verdict = await app.judge(answer, { device, nonce });
      expect(verdict).toMatchObject({
        ok: true,
        state: 'active',
        claims: {
          ver: 1,
          sub: license.id,
          dev: answer.data.device?.id,
          nonce,
          lic: { type: 'perpetual', status: 'active', exp: null, limit: 3 },
          ent: { export: true, projects: 5 },
          pol: { skew: 300, rollback: 86_400 },
        },
      });
    });

    test('the lease says what the answer around it says', async () => {
      const { key } = await target().license();
      const device = machine();
      const answer = await app.activate({ license_key: key, device });
      const verdict = await app.judge(answer, { device });
      if (!verdict.ok) throw new Error(verdict.error);
      const { iat, exp, pol } = verdict.claims;
      const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
      expect(answer.data.lease).toMatchObject({
        issued_at: iso(iat),
        refresh_after: iso(iat + pol.refresh),
        expires_at: iso(exp),
        grace_until: iso(exp + pol.grace),
      });
      expect(exp - iat).toBe(14 * 86_400);
      expect(pol.grace).toBe(7 * 86_400);
      expect(pol.refresh / (exp - iat)).toBeCloseTo(0.5, 1);
      expect(Math.floor(Date.parse(answer.data.server_time) / 1000)).toBe(iat);
    });

    test('a lease is for one machine, one product and one nonce', async () => {
      const { key } = await target().license();
      const [device, nonce] = [machine(), newNonce()];
      const answer = await app.activate({ license_key: key, device, nonce });
      expect(await app.judge(answer, { device: machine() })).toMatchObject({ error: 'DEVICE_MISMATCH' });
      expect(await app.judge(answer, { device, productId: 'prd_other' })).toMatchObject({
        error: 'WRONG_AUDIENCE',
      });
      expect(await app.judge(answer, { device, nonce: newNonce() })).toMatchObject({ error: 'WRONG_NONCE' });
    });

    test('the same machine never takes a second seat, on a full license too', async () => {
      const { key } = await target().license({ deviceLimit: 1 });
      const device = machine();
      const first = await app.activate({ license_key: key, device });
      const again = await app.activate({ license_key: key, device });
      expect([again.status, again.data.result]).toEqual([200, 'already_active']);
      expect(again.data.device?.id).toBe(first.data.device?.id);
      expect(again.data.license).toMatchObject({ devices_used: 1 });
    });

    test('a machine asks many times at once and takes one seat', async () => {
      const { key } = await target().license({ deviceLimit: 5 });
      const device = machine();
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => app.activate({ license_key: key, device })),
      );
      const results = answers.map(({ data }) => data.result).sort();
      expect(results).toEqual(['activated', ...Array(7).fill('already_active')].sort());
      expect(new Set(answers.map(({ data }) => data.device?.id)).size).toBe(1);
    });

    test('many machines ask at once and never take more seats than there are', async () => {
      const { key } = await target().license({ deviceLimit: 3 });
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => app.activate({ license_key: key, device: machine() })),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
      const refused = answers.filter(({ error }) => error);
      expect(refused.map(({ error }) => [error?.code, error?.details])).toEqual(
        Array(5).fill(['DEVICE_LIMIT_REACHED', { limit: 3, used: 3 }]),
      );
    });

    test('a lower limit keeps the devices there are and admits no new one', async () => {
      const { key, id } = await target().license({ deviceLimit: 2 });
      const devices = [machine(), machine()];
      for (const device of devices) await app.activate({ license_key: key, device });
      await target().setLimit(id, 1);
      for (const device of devices) {
        const answer = await app.activate({ license_key: key, device });
        expect(answer.data.result).toBe('already_active');
      }
      const { error } = await app.activate({ license_key: key, device: machine() });
      expect(error).toMatchObject({ code: 'DEVICE_LIMIT_REACHED', details: { limit: 1, used: 2 } });
    });

    test('a key works in whatever spelling a person types it', async () => {
      const { key } = await target().license();
      const device = machine();
      for (const license_key of [
        key,
        key.toLowerCase(),
        key.replaceAll('-', ' '),
        ` ${key.replaceAll('0', 'O')} `,
      ])
        expect((await app.activate({ license_key, device })).status, license_key).toBeLessThan(300);
    });

    test('an unknown key, a mistyped one and one of another product get the same answer', async () => {
      const { key } = await target().license();
      const mistyped = key.replace(/.$/, (last) => (last === '7' ? '8' : '7'));
      const known = await target().license();
      const rotated = await target().rotateKey(known.id);
      const device = machine();
      const answers = await Promise.all([
        app.activate({ license_key: known.key, device }),
        app.activate({ license_key: mistyped, device }),
        app.activate({ license_key: key, device, product_id: target().productWithoutTrial }),
      ]);
      for (const { status, error } of answers)
        expect([status, error]).toEqual([
          404,
          { code: 'RESOURCE_NOT_FOUND', message: 'There is no such license.' },
        ]);
      expect((await app.activate({ license_key: rotated, device })).status).toBe(201);
    });

    describe('replace_device_id', () => {
      test('swaps one device for another in one step, on a full license too', async () => {
        const { key } = await target().license({ deviceLimit: 1 });
        const [old, next] = [machine(), machine()];
        const first = await app.activate({ license_key: key, device: old });
        const answer = await app.activate({
          license_key: key,
          device: next,
          replace_device_id: first.data.device?.id,
        });
        expect([answer.status, answer.data.result]).toEqual([200, 'replaced']);
        expect(answer.data.license).toMatchObject({ devices_used: 1 });
        expect(await app.judge(answer, { device: next })).toMatchObject({ ok: true });
        const { data } = await app.validate({ license_key: key, device: old });
        expect(data.code).toBe('DEVICE_NOT_ACTIVATED');
      });

      test('of a machine that asks again is ignored: it has its seat', async () => {
        const { key } = await target().license({ deviceLimit: 2 });
        const device = machine();
        await app.activate({ license_key: key, device });
        const other = await app.activate({ license_key: key, device: machine() });
        const answer = await app.activate({
          license_key: key,
          device,
          replace_device_id: other.data.device?.id,
        });
        expect(answer.data).toMatchObject({ result: 'already_active', license: { devices_used: 2 } });
      });

      test('of a device that is gone takes a free seat, and is refused when there is none', async () => {
        const { key, id } = await target().license({ deviceLimit: 1 });
        const gone = await app.activate({ license_key: key, device: machine() });
        const replace_device_id = gone.data.device?.id ?? '';
        await target().removeDevice(id, replace_device_id);
        const taken = await app.activate({ license_key: key, device: machine(), replace_device_id });
        expect([taken.status, taken.data.result]).toEqual([201, 'activated']);
        const full = await app.activate({ license_key: key, device: machine(), replace_device_id });
        expect(full.error?.code).toBe('DEVICE_LIMIT_REACHED');
      });

      test('of a license whose limit was lowered changes nothing when it is refused', async () => {
        const { key, id } = await target().license({ deviceLimit: 3 });
        const devices = [machine(), machine(), machine()];
        const answers = [];
        for (const device of devices) answers.push(await app.activate({ license_key: key, device }));
        await target().setLimit(id, 1);
        const refused = await app.activate({
          license_key: key,
          device: machine(),
          replace_device_id: answers[0]?.data.device?.id,
        });
        expect(refused.error?.code).toBe('DEVICE_LIMIT_REACHED');
        const { data } = await app.validate({ license_key: key, device: devices[0] });
        expect(data).toMatchObject({ code: 'VALID', license: { devices_used: 3 } });
      });

      test('that is none of this license is not found', async () => {
        const [{ key }, other] = [await target().license(), await target().license()];
        const foreign = await app.activate({ license_key: other.key, device: machine() });
        for (const replace_device_id of [foreign.data.device?.id, 'dev_unknown']) {
          const { error } = await app.activate({ license_key: key, device: machine(), replace_device_id });
          expect(error).toMatchObject({ code: 'RESOURCE_NOT_FOUND', message: 'There is no such device.' });
        }
      });
    });

    describe('refuses by state', () => {
      const states: readonly [string, (licenseId: string) => Promise<void>, string][] = [
        ['revoked', (id) => target().revoke(id), 'LICENSE_REVOKED'],
        ['suspended', (id) => target().suspend(id), 'LICENSE_SUSPENDED'],
        ['expired', (id) => target().expire(id), 'LICENSE_EXPIRED'],
      ];
      test.each(states)('%s, on a machine that has a seat as well', async (_state, provoke, code) => {
        const { key, id } = await target().license({ type: 'timed', durationDays: 30, deviceLimit: 2 });
        const device = machine();
        await app.activate({ license_key: key, device });
        await provoke(id);
        for (const asking of [device, machine()]) {
          const { status, error } = await app.activate({ license_key: key, device: asking });
          expect([status, error?.code, error?.details]).toEqual([403, code, undefined]);
        }
      });

      test('not started, as a conflict that tells when', async () => {
        const startsAt = new Date('2090-01-01T00:00:00Z');
        const { key } = await target().license({ startsAt });
        const { status, error } = await app.activate({ license_key: key, device: machine() });
        expect([status, error?.code, error?.details]).toEqual([
          409,
          'CONFLICT',
          { reason: 'license_not_started', starts_at: startsAt.toISOString() },
        ]);
      });

      test('not in its days of grace: the lease then ends with them', async () => {
        const { key, id } = await target().license({ type: 'timed', durationDays: 30, graceDays: 3 });
        await target().enterGrace(id);
        const device = machine();
        const answer = await app.activate({ license_key: key, device });
        expect(answer.data.license).toMatchObject({ status: 'active' });
        expect(answer.data.lease?.grace_until).toBe(nextSecond(answer.data.license?.['grace_ends_at']));
        expect(await app.judge(answer, { device })).toMatchObject({ ok: true, state: 'grace' });
      });

      test('no longer once it was reinstated: the devices have their seats', async () => {
        const { key, id } = await target().license();
        const device = machine();
        const first = await app.activate({ license_key: key, device });
        await target().suspend(id);
        await target().reinstate(id);
        const { data } = await app.activate({ license_key: key, device });
        expect(data).toMatchObject({ result: 'already_active', device: { id: first.data.device?.id } });
      });
    });

    test('a duration from the first activation begins once', async () => {
      const fields = { type: 'timed', durationDays: 30, deviceLimit: 2, fromFirstActivation: true } as const;
      const { key } = await target().license(fields);
      const first = await app.activate({ license_key: key, device: machine() });
      const end = Date.parse(first.data.server_time) + 30 * 86_400_000;
      expect(first.data.license?.['expires_at']).toBe(new Date(end).toISOString());
      const second = await app.activate({ license_key: key, device: machine() });
      expect(second.data.license?.['expires_at']).toBe(first.data.license?.['expires_at']);
    });

    test('no lease outlives its license and the grace of that', async () => {
      const { key } = await target().license({ type: 'timed', durationDays: 5, graceDays: 2 });
      const { data } = await app.activate({ license_key: key, device: machine() });
      expect(data.lease?.grace_until).toBe(nextSecond(data.license?.['grace_ends_at']));
    });
  });
}
