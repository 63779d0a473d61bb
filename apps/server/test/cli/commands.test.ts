import type { ApiKey, AuditEntry } from '@thrivetech/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';
import { thrive, thriveJson } from '../support/thrive.ts';

type MadeKey = ApiKey & { key: string };

eachDatabase((kind) => {
  describe('the command line beside a running server', () => {
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

    const get = async (path: string, key: string) => {
      const response = await fetch(`${server.start.base_url}/api/v1${path}`, {
        headers: { authorization: `Bearer ${key}` },
      });
      return { status: response.status, body: (await response.json()) as { data: never } };
    };
    /** What the command line changes is in force within a second. */
    const expectSoon = (path: string, key: string, status: number) =>
      expect.poll(async () => (await get(path, key)).status, { timeout: 5_000 }).toBe(status);

    it('makes an account and its first key, and the server knows both', async () => {
      const account = await thriveJson<{ id: string }>(home, 'account', 'create', '--name', 'Second');
      const listed = await thriveJson<{ id: string }[]>(home, 'account', 'list');
      expect(listed.map(({ id }) => id)).toEqual([server.start.account_id, account.id]);

      const key = await thriveJson<MadeKey>(
        ...([home, 'key', 'create', '--account', account.id, '--name', 'a', '--type', 'admin'] as const),
      );
      await expectSoon('/products', key.key, 200);
      expect((await get('/products', key.key)).body.data).toEqual([]);
      const shown = await thrive(home, ['key', 'list', '--account', account.id]);
      expect(shown.stdout).toContain(key.id);
      expect(shown.stdout).not.toContain(key.key);

      const unclear = await thrive(home, ['key', 'list']);
      expect(unclear).toMatchObject({ code: 2, stdout: '' });
      expect(unclear.stderr).toContain('--account');
    });

    it('rotates and revokes a key, and the audit log says that it was the operator', async () => {
      const account = ['--account', server.start.account_id];
      const make = ['key', 'create', ...account, '--name', 'b', '--type', 'read_only'];
      const old = await thriveJson<MadeKey>(home, ...make);
      const fresh = await thriveJson<MadeKey>(
        ...([home, 'key', 'rotate', old.id, ...account, '--overlap-hours', '0'] as const),
      );
      await expectSoon('/products', fresh.key, 200);
      await expectSoon('/products', old.key, 401);
      await thriveJson(home, 'key', 'revoke', fresh.id, ...account);
      await expectSoon('/products', fresh.key, 401);

      const entries = await thriveJson<AuditEntry[]>(home, 'audit', 'list', ...account, '--limit', '3');
      expect(entries.map(({ action, actor_id }) => [action, actor_id])).toEqual([
        ['api_key.revoked', 'cli'],
        ['api_key.rotated', 'cli'],
        ['api_key.created', 'cli'],
      ]);
    });

    it('rotates the signing key, and the server publishes the new one', async () => {
      const { kid } = await thriveJson<{ kid: string }>(home, 'signing-key', 'rotate');
      const keys = await thriveJson<{ kid: string; valid_until: string | null }[]>(
        ...([home, 'signing-key', 'list'] as const),
      );
      expect(keys.filter(({ valid_until }) => valid_until === null).map((key) => key.kid)).toEqual([kid]);
      const published = async () => {
        const response = await fetch(`${server.start.base_url}/.well-known/thrive-keys.json`);
        const [, payload = ''] = ((await response.json()) as { keyset: string }).keyset.split('.');
        return Buffer.from(payload, 'base64url').toString();
      };
      await expect.poll(published, { timeout: 5_000 }).toContain(kid);
    });

    it('explains a license, now and at another moment', async () => {
      const { base_url, admin_key, account_id } = server.start;
      const response = await fetch(`${base_url}/api/v1/licenses`, {
        headers: { authorization: `Bearer ${admin_key}` },
      });
      const [license] = ((await response.json()) as { data: { id: string }[] }).data;
      const explain = ['license', 'explain', license?.id ?? '', '--account', account_id];
      expect(await thriveJson(home, ...explain)).toMatchObject({ allowed: true, refused_by: null });
      expect(await thriveJson(home, ...explain, '--as-of', '2020-01-01')).toMatchObject({
        allowed: false,
        refused_by: 'exists',
      });
      expect((await thrive(home, [...explain, '--as-of', '2020-02-31'])).code).toBe(2);
      const text = await thrive(home, [...explain, '--as-of', '2020-01-01']);
      expect(text.stdout).toMatch(/^REFUSED {2}exists/);
    });

    it('verifies the audit chain, and names the entry that somebody changed', async () => {
      const account = ['--account', server.start.account_id];
      const before = await thriveJson<{ broken: null; verified: number }[]>(
        home,
        'audit',
        'verify',
        ...account,
      );
      expect(before).toMatchObject([{ broken: null }]);
      const db = openDatabase(home);
      const entry = { account_id: server.start.account_id, sequence: 2 };
      const [{ action }] = await db('audit_entries').where(entry).select('action');
      await db('audit_entries').where(entry).update({ action: 'nothing.happened' });

      const after = await thrive(home, ['audit', 'verify', ...account]);
      expect(after.code).toBe(1);
      expect(after.stdout).toContain('BROKEN at entry 2');

      await db('audit_entries').where(entry).update({ action });
      await db.destroy();
      expect((await thrive(home, ['audit', 'verify'])).code).toBe(0);
    });

    it('the doctor finds nothing wrong', async () => {
      const { code, stdout } = await thrive(home, ['doctor']);
      expect({ code, problems: stdout.match(/^PROBLEM.*$/gm) }).toEqual({ code: 0, problems: null });
    });

    it('refuses wrong usage with a sentence and 2', async () => {
      const account = ['--account', server.start.account_id];
      for (const args of [
        ['nonsense'],
        ['key'],
        ['key', 'create', '--name', 'x', '--type', 'wrong'],
        ['key', 'create', ...account, '--name', 'x', '--type', 'admin', '--expires', '2020-01-01'],
        ['key', 'create', ...account, '--name', '', '--type', 'admin'],
        ['key', 'revoke', 'key_unknown', ...account],
        ['key', 'list', '--limit', '-1', ...account],
        ['account', 'create', '--name', 'x', '--plan', 'none'],
        ['account', 'create', '--name', ' '],
        ['license', 'explain', 'lic_unknown', ...account],
        ['audit', 'verify', '--account', 'acc_unknown'],
      ]) {
        const { code, stdout, stderr } = await thrive(home, args);
        expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
        expect(stderr).not.toMatch(/^\s+at /m);
        expect(stderr.trim()).not.toBe('');
      }
    });

    it('has help for every command', async () => {
      for (const args of [[], ['key'], ['key', 'create'], ['backup'], ['doctor']]) {
        const { code, stdout } = await thrive(home, [...args, '--help']);
        expect({ args, code }).toEqual({ args, code: 0 });
        expect(stdout).toContain('Usage: thrive');
      }
    });
  });
});

describe('the command line without an installation', () => {
  it('makes none, says where it looked, and ends with 3', async () => {
    const home = await createTestDatabase('sqlite');
    try {
      const { code, stderr } = await thrive(home, ['key', 'list']);
      expect(code).toBe(3);
      expect(stderr).toContain(home.dataDir);
      const settings = await thrive(home, ['key', 'list'], { PORT: 'x', LOG_LEVEL: 'loud' });
      expect(settings.code).toBe(3);
      expect(settings.stderr).toMatch(/PORT.*LOG_LEVEL/);
      const { code: sick, stdout } = await thrive(home, ['doctor']);
      expect(sick).toBe(1);
      expect(stdout.match(/^PROBLEM {2}\w+/gm)).toEqual([
        'PROBLEM  keys',
        'PROBLEM  keys',
        'PROBLEM  database',
      ]);
    } finally {
      await home.remove();
    }
  });
});
