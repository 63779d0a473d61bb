import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntry, License, LicenseFile, Product } from '@thrivetech/contracts';
import { verifyKeyset, verifyLease } from '@thrivetech/lease';
import { nodeCrypto } from '@thrivetech/lease/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { licenseRequest, unique } from '../support/builders.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { thrive, thriveJson } from '../support/thrive.ts';

interface Issued {
  readonly result: string;
  readonly device: { id: string };
  readonly file: LicenseFile;
}

eachDatabase((kind) => {
  describe('license file, beside a running server', () => {
    let home: TestDatabase;
    let server: ServerProcess;
    beforeAll(async () => {
      home = await createTestDatabase(kind);
      server = await startServer(home);
    });
    afterAll(async () => {
      await server?.end('SIGTERM');
      await home?.remove();
    });

    const post = async <Data>(path: string, body: object): Promise<Data> => {
      const response = await fetch(`${server.start.base_url}/api/v1${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${server.start.admin_key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return ((await response.json()) as { data: Data }).data;
    };
    const newLicense = async (fields: object = {}) => {
      const product = await post<Product>('/products', { name: unique('Product') });
      return post<License>('/licenses', { product_id: product.id, ...fields });
    };
    const newFile = (name: string) => join(home.dataDir, unique(name));
    const requestFile = (content: unknown): string => {
      const path = newFile('request.lreq');
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    };
    const ask = async (license: License) => {
      const request = licenseRequest(license.product_id);
      return { request, path: requestFile(request) };
    };
    const judge = async (file: LicenseFile, request: ReturnType<typeof licenseRequest>) => {
      const published = await fetch(`${server.start.base_url}/.well-known/thrive-keys.json`);
      const { root_keys } = (await published.json()) as never;
      const keyset = verifyKeyset(file.keyset, { ...nodeCrypto, rootKeys: root_keys });
      if (!keyset.ok) throw new Error(keyset.error);
      return verifyLease(file.lease, {
        ...nodeCrypto,
        keyset: keyset.keyset,
        audience: request.product_id,
        nonce: request.nonce,
        now: Date.now() / 1000,
        device: { fingerprint: request.device.fingerprint, components: {} },
      });
    };

    it('writes a file that the app on that machine believes, and the server knows the seat', async () => {
      const license = await newLicense();
      const { request, path } = await ask(license);
      const out = newFile('answer.lic');
      const { code, stdout, stderr } = await thrive(home, [
        ...['license', 'file', license.id, path, '--out', out, '--lease-days', '365'],
      ]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(out);
      const file = JSON.parse(readFileSync(out, 'utf8')) as LicenseFile;
      const verdict = await judge(file, request);
      expect(verdict).toMatchObject({ ok: true, claims: { sub: license.id } });
      if (verdict.ok) expect(verdict.claims.exp - verdict.claims.iat).toBe(365 * 86_400);
      const online = await post<{ result: string }>('/activate', {
        license_key: license.key,
        device: request.device,
      });
      expect(online.result).toBe('already_active');
    });

    it('prints the file where no other place is named, and with --json what it did', async () => {
      const license = await newLicense({ device_limit: 2 });
      const { request, path } = await ask(license);
      const { code, stdout, stderr } = await thrive(home, ['license', 'file', license.id, path]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(await judge(JSON.parse(stdout), request)).toMatchObject({ ok: true });
      const again = await thriveJson<Issued>(home, 'license', 'file', license.id, path);
      expect(again.result).toBe('already_active');
      expect(await judge(again.file, request)).toMatchObject({ ok: true });
    });

    it('takes the seat of another device with --replace, and the audit log says that it was the operator', async () => {
      const license = await newLicense({ device_limit: 1 });
      const [first, second] = [await ask(license), await ask(license)];
      const old = await thriveJson<Issued>(home, 'license', 'file', license.id, first.path);
      const full = await thrive(home, ['license', 'file', license.id, second.path]);
      expect(full).toMatchObject({ code: 1, stdout: '' });
      const swapped = await thriveJson<Issued>(
        ...([home, 'license', 'file', license.id, second.path, '--replace', old.device.id] as const),
      );
      expect(swapped.result).toBe('replaced');
      const [entry] = await thriveJson<AuditEntry[]>(home, 'audit', 'list', '--limit', '1');
      expect(entry).toMatchObject({
        action: 'device.file_issued',
        actor_id: 'cli',
        target_id: swapped.device.id,
        after: { license_id: license.id, replaced_device_id: old.device.id },
      });
    });

    it('refuses what is no request for this license with a sentence and 2, and takes no seat', async () => {
      const license = await newLicense({ device_limit: 1 });
      const { request, path } = await ask(license);
      const other = await newLicense();
      const existing = requestFile('mine');
      for (const args of [
        [license.id, newFile('nowhere')],
        [license.id, home.dataDir],
        [license.id, requestFile('{"format":')],
        [license.id, requestFile('null')],
        [license.id, requestFile({ ...request, format: 'thrive-license-file' })],
        [license.id, requestFile({ ...request, version: 2 })],
        [license.id, requestFile({ ...request, extra: 1 })],
        [license.id, requestFile({ ...request, padding: 'x'.repeat(70_000) })],
        [license.id, (await ask(other)).path],
        ['lic_unknown', path],
        [license.id, path, '--lease-days', '0'],
        [license.id, path, '--replace', 'dev_unknown'],
        [license.id, path, '--out', existing],
      ]) {
        const { code, stdout, stderr } = await thrive(home, ['license', 'file', ...args]);
        expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
        expect(stderr).not.toMatch(/^\s+at /m);
        expect(stderr.trim()).not.toBe('');
      }
      expect(readFileSync(existing, 'utf8')).toBe('mine');
      const first = await thriveJson<Issued>(home, 'license', 'file', license.id, path);
      expect(first.result).toBe('activated');
    });

    it('makes no root key where there is none: apps trust no other', async () => {
      const license = await newLicense();
      const { path } = await ask(license);
      const root = join(home.dataDir, 'keys', 'root.key');
      renameSync(root, `${root}.away`);
      try {
        const { code, stderr } = await thrive(home, ['license', 'file', license.id, path]);
        expect(code).toBe(3);
        expect(stderr).toContain(root);
      } finally {
        renameSync(`${root}.away`, root);
      }
    });

    it('says where a file could not be written, and another try gives it', async () => {
      const license = await newLicense();
      const { request, path } = await ask(license);
      const lost = await thrive(home, [
        ...['license', 'file', license.id, path, '--out', join(newFile('no-such-folder'), 'answer.lic')],
      ]);
      expect(lost).toMatchObject({ code: 3, stdout: '' });
      const out = newFile('answer.lic');
      expect((await thrive(home, ['license', 'file', license.id, path, '--out', out])).code).toBe(0);
      expect(await judge(JSON.parse(readFileSync(out, 'utf8')), request)).toMatchObject({ ok: true });
    });
  });
});
