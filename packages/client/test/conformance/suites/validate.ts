import { describe, expect, test } from 'vitest';
import { appOf, machine, newNonce } from '../app.ts';
import type { Target } from '../target.ts';

export function validateSuite(target: () => Target): void {
  const app = appOf(target);
  const activated = async (fields: Parameters<Target['license']>[0] = {}) => {
    const license = await target().license(fields);
    const device = machine();
    const proof = { license_key: license.key, device };
    return { license, device, proof, first: await app.activate(proof) };
  };

  describe('validate', () => {
    test('says VALID on a machine with a seat, and gives it the lease it has', async () => {
      const { proof, device, license, first } = await activated();
      const answer = await app.validate(proof);
      expect(answer.data).toMatchObject({
        valid: true,
        code: 'VALID',
        nonce: null,
        license: { id: license.id },
      });
      expect(answer.data.device?.id).toBe(first.data.device?.id);
      expect(answer.data.lease).toEqual(first.data.lease);
      expect(await app.judge(answer, { device })).toMatchObject({ ok: true });
    });

    test('gives a new lease with the nonce of each request, and its sequence rises', async () => {
      const { proof, device } = await activated();
      let lastSequence = 0;
      for (let round = 0; round < 4; round++) {
        const nonce = newNonce();
        const answer = await app.validate({ ...proof, nonce });
        expect(answer.data.nonce).toBe(nonce);
        const verdict = await app.judge(answer, { device, nonce, lastSequence });
        if (!verdict.ok) throw new Error(verdict.error);
        expect(verdict.claims.seq).toBeGreaterThan(lastSequence);
        lastSequence = verdict.claims.seq;
      }
    });

    test('gives new terms a new lease, before it would be due', async () => {
      const { proof, license, device } = await activated({ deviceLimit: 2 });
      await target().setLimit(license.id, 5);
      const answer = await app.validate(proof);
      expect(await app.judge(answer, { device })).toMatchObject({ claims: { lic: { limit: 5 } } });
    });

    test('judges the license alone when no machine is named', async () => {
      const { license } = await activated();
      const { data } = await app.validate({ license_key: license.key });
      expect([data.code, data.device, data.lease]).toEqual(['VALID', undefined, undefined]);
    });

    test('never takes a seat', async () => {
      const { key } = await target().license();
      const { data } = await app.validate({ license_key: key, device: machine() });
      expect(data).toMatchObject({
        valid: false,
        code: 'DEVICE_NOT_ACTIVATED',
        license: { devices_used: 0 },
      });
      expect([data.device, data.lease]).toEqual([undefined, undefined]);
    });

    test('answers 200 without a license for a key that finds none', async () => {
      const { proof } = await activated();
      const answer = await app.validate({ ...proof, product_id: target().productWithoutTrial });
      expect(answer.status).toBe(200);
      expect(answer.data).toEqual({
        valid: false,
        code: 'RESOURCE_NOT_FOUND',
        nonce: null,
        server_time: answer.data.server_time,
      });
    });

    test('wants features that are there and not switched off', async () => {
      const features = { export: true, projects: 5, edition: 'pro', beta: false };
      const { proof } = await activated({ features });
      const codeFor = async (...required_features: string[]) =>
        (await app.validate({ ...proof, required_features })).data.code;
      expect(await codeFor('export', 'projects', 'edition')).toBe('VALID');
      expect(await codeFor('beta')).toBe('FEATURE_MISSING');
      expect(await codeFor('export', 'unknown')).toBe('FEATURE_MISSING');
      expect(await codeFor('toString')).toBe('FEATURE_MISSING');
    });

    test('proves a missing feature by a usual lease, which says what there is', async () => {
      const { proof, device } = await activated({ features: { export: true } });
      const nonce = newNonce();
      const answer = await app.validate({ ...proof, nonce, required_features: ['cloud'] });
      expect(answer.data).toMatchObject({ valid: false, code: 'FEATURE_MISSING' });
      expect(await app.judge(answer, { device, nonce })).toMatchObject({
        ok: true,
        claims: { lic: { status: 'active' }, ent: { export: true } },
      });
      const silent = await app.validate({ ...proof, required_features: ['cloud'] });
      expect([silent.data.code, silent.data.lease]).toEqual(['FEATURE_MISSING', undefined]);
    });
  });

  describe('a refusal of validate', () => {
    type Seated = Awaited<ReturnType<typeof activated>>;
    const timed = { type: 'timed', durationDays: 30, features: { export: true } } as const;
    const refusals: readonly [code: string, status: string, provoke: (seated: Seated) => Promise<void>][] = [
      ['LICENSE_REVOKED', 'revoked', ({ license }) => target().revoke(license.id)],
      ['LICENSE_SUSPENDED', 'suspended', ({ license }) => target().suspend(license.id)],
      ['LICENSE_EXPIRED', 'expired', ({ license }) => target().expire(license.id)],
      [
        'DEVICE_NOT_ACTIVATED',
        'deactivated',
        ({ license, first }) => target().removeDevice(license.id, first.data.device?.id ?? ''),
      ],
    ];

    describe.each(refusals)('%s', (code, status, provoke) => {
      test('is proven by a lease that verifies up to its state, with our nonce and no other', async () => {
        const seated = await activated(timed);
        await provoke(seated);
        const { proof, device, first, license } = seated;
        const nonce = newNonce();
        const answer = await app.validate({ ...proof, nonce });
        expect([answer.status, answer.data.valid, answer.data.code]).toEqual([200, false, code]);
        expect(answer.data.device?.id).toBe(first.data.device?.id);
        const verdict = await app.judge(answer, { device, nonce });
        expect(verdict).toMatchObject({
          ok: false,
          error: 'LICENSE_NOT_ACTIVE',
          claims: { sub: license.id, dev: first.data.device?.id, lic: { status }, ent: {}, nonce },
        });
        expect(await app.judge(answer, { device, nonce: newNonce() })).toMatchObject({
          error: 'WRONG_NONCE',
        });
        expect(await app.judge(answer, { device: machine(), nonce })).toMatchObject({
          error: 'DEVICE_MISMATCH',
        });
      });

      test('outranks the lease that the machine holds, grants nothing and is over in five minutes', async () => {
        const seated = await activated(timed);
        const { proof, device, first } = seated;
        const held = await app.judge(first, { device });
        await provoke(seated);
        const nonce = newNonce();
        const answer = await app.validate({ ...proof, nonce });
        const verdict = await app.judge(answer, { device, nonce });
        const claims = !verdict.ok && verdict.claims;
        if (!claims || !held.ok) throw new Error('no claims');
        expect(claims.seq).toBeGreaterThan(held.claims.seq);
        expect([claims.exp - claims.iat, claims.pol.grace, claims.pol.refresh]).toEqual([300, 0, 0]);
        expect(answer.data.lease?.refresh_after).toBe(answer.data.lease?.issued_at);
        expect(answer.data.lease?.grace_until).toBe(answer.data.lease?.expires_at);
      });

      test('has no proof without a nonce, without a machine, and for one that was never there', async () => {
        const seated = await activated(timed);
        await provoke(seated);
        const { license_key, device } = seated.proof;
        const silent = await app.validate({ license_key, device });
        expect([silent.data.code, silent.data.lease]).toEqual([code, undefined]);
        const anonymous = { license_key, nonce: newNonce() };
        for (const asked of [anonymous, { ...anonymous, device: machine() }]) {
          const { data } = await app.validate(asked);
          expect([data.lease, data.device]).toEqual([undefined, undefined]);
        }
      });

      test('is about the machine as it presents itself', async () => {
        const seated = await activated(timed);
        await provoke(seated);
        const { proof, device } = seated;
        const nonce = newNonce();
        const renamed = { ...device, fingerprint: machine().fingerprint };
        const answer = await app.validate({ ...proof, device: renamed, nonce });
        expect(answer.data.code).toBe(code);
        expect(await app.judge(answer, { device: renamed, nonce })).toMatchObject({
          error: 'LICENSE_NOT_ACTIVE',
        });
      });
    });

    test('is over when the license is: after a reinstatement the next lease outranks the refusal', async () => {
      const { proof, device, license } = await activated();
      await target().suspend(license.id);
      const nonces = [newNonce(), newNonce()];
      const refused = await app.validate({ ...proof, nonce: nonces[0] });
      const proven = await app.judge(refused, { device });
      await target().reinstate(license.id);
      const answer = await app.validate({ ...proof, nonce: nonces[1] });
      const lastSequence = (!proven.ok && proven.claims?.seq) || Number.NaN;
      expect(await app.judge(answer, { device, nonce: nonces[1] ?? '', lastSequence })).toMatchObject({
        ok: true,
      });
    });
  });
}
