import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type EventType, eventBody, eventTypes } from '@thrivetech/contracts';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newWebhookSecret } from '../../src/modules/webhooks/index.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { type Exit, type ServerProcess, startServer } from '../support/server-process.ts';
import { startThrive, thrive, thriveJson } from '../support/thrive.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What `--json` prints of an event. */
interface Line {
  readonly id: string;
  readonly type: EventType;
  readonly sequence: number;
  readonly forwarded?: { outcome: string; status: number | null; error: string | null };
}

interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
}

const opened: Server[] = [];

/** A program that is sent webhooks. @param answer a status; 0: it never answers. */
async function startReceiver(answer = 200, { port = 0, headers = {} } = {}): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    received.push({ headers: request.headers, body });
    if (answer > 0) response.writeHead(answer, headers).end();
  });
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${address.port}/hook`, port: address.port, received };
}

async function closeReceivers(): Promise<void> {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The verdict of a library that others made. */
const verified = (secret: string, { headers, body }: Received): unknown =>
  new Webhook(secret).verify(body, headers as Record<string, string>);

const parsed = (lines: readonly string[]): Line[] => lines.map((line) => JSON.parse(line));

eachDatabase((kind) => {
  describe('webhooks listen', () => {
    let home: TestDatabase;
    let server: ServerProcess;
    let started: ReturnType<typeof startThrive>[] = [];
    beforeAll(async () => {
      home = await createTestDatabase(kind);
      server = await startServer(home);
    });
    afterEach(async () => {
      for (const { child, exited } of started) {
        child.kill('SIGKILL');
        await exited;
      }
      started = [];
      await closeReceivers();
    });
    afterAll(async () => {
      await server?.end('SIGTERM');
      await home?.remove();
    });

    const start = (...args: string[]) => {
      const run = startThrive(home, ['webhooks', 'listen', ...args]);
      started.push(run);
      return run;
    };
    /** Starts it, and waits until it says that it listens. */
    const listen = async (...args: string[]) => {
      const run = start('--account', server.start.account_id, ...args);
      const { stdout, stderr } = run.child;
      const [lines, notes]: [string[], string[]] = [[], []];
      createInterface({ input: stdout as NodeJS.ReadableStream }).on('line', (line) => lines.push(line));
      const told = createInterface({ input: stderr as NodeJS.ReadableStream });
      const isListening = new Promise<'listening'>((resolve) => {
        told.on('line', (line) => {
          notes.push(line);
          if (line.startsWith('Listening')) resolve('listening');
        });
      });
      const begun = await Promise.race([isListening, run.exited]);
      if (begun !== 'listening') throw new Error(`It ended: ${JSON.stringify(begun)}`);
      return { ...run, lines, notes, interrupt: () => end(run) };
    };
    const end = ({ child, exited }: ReturnType<typeof startThrive>): Promise<Exit> => {
      child.kill('SIGINT');
      return exited;
    };

    const call = async <Data>(path: string, body?: object): Promise<Data> => {
      const response = await fetch(`${server.start.base_url}/api/v1${path}`, {
        headers: {
          authorization: `Bearer ${server.start.admin_key}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      });
      return ((await response.json()) as { data: Data }).data;
    };
    /** Something happens. @returns the license that it happened to. */
    const createLicense = () =>
      call<{ id: string; key: string }>('/licenses', { product_id: server.start.product_id });

    it('prints a new event as a line of JSON, and forwards it signed, byte for byte', async () => {
      const [receiver, secret] = [await startReceiver(), newWebhookSecret()];
      const { lines } = await listen('--forward', receiver.url, '--secret', secret, '--json');
      const { id } = await createLicense();
      await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1);

      const [line] = parsed(lines);
      const { forwarded, ...event } = line as Line;
      expect(event).toMatchObject({ type: 'license.created', data: { license_id: id } });
      expect(forwarded).toMatchObject({ outcome: 'delivered', status: 200, error: null });
      expect(await call(`/events/${event.id}`)).toEqual(event);

      const [request, ...others] = receiver.received as [Received];
      expect(others).toEqual([]);
      expect(verified(secret, request)).toEqual(event);
      expect(request.headers).toMatchObject({
        'content-type': 'application/json',
        'webhook-id': event.id,
        'x-webhook-event': 'license.created',
        'x-webhook-signature': request.headers['webhook-signature'],
      });
      expect(() => verified(secret, { ...request, body: `${request.body} ` })).toThrow();
    });

    it('shows a person one line for each event, in their order', async () => {
      const { lines } = await listen();
      const { key } = await createLicense();
      await call('/activate', { license_key: key, device: { fingerprint: 'a-listening-laptop' } });
      await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(2);
      expect(lines[0]).toMatch(/^\d+ {2}evt_\w+ {2}license\.created$/);
      expect(lines[1]).toMatch(/^\d+ {2}evt_\w+ {2}license\.activated$/);
    });

    it('--event shows and forwards only what it asks for', async () => {
      const receiver = await startReceiver();
      const wanted = ['--event', 'license.activated', '--event', 'subscription.*'];
      const { lines } = await listen('--forward', receiver.url, '--json', ...wanted);
      const { key } = await createLicense();
      await call('/activate', { license_key: key, device: { fingerprint: 'a-filtered-laptop' } });
      // The creation is older: it would have come first.
      await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1);
      expect(parsed(lines)).toMatchObject([{ type: 'license.activated' }]);
      expect(receiver.received).toHaveLength(1);
    });

    it('a receiver that is down is shown, and does not end it: what happens later is forwarded', async () => {
      const { port, url } = await startReceiver();
      await closeReceivers();
      const { child, lines } = await listen('--forward', url);
      await createLicense();
      await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1);
      expect(lines[0]).toMatch(/license\.created {2}→ connection {2}\d+ ms$/);

      const { received } = await startReceiver(500, { port });
      await createLicense();
      await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(2);
      expect(lines[1]).toMatch(/license\.created {2}→ 500 {2}\d+ ms$/);
      expect(received).toHaveLength(1);
      expect(child.exitCode).toBeNull();
    });

    it('a secret that it makes up is told, also beside JSON, and verifies', async () => {
      const receiver = await startReceiver();
      const { notes, lines } = await listen('--forward', receiver.url, '--json');
      await createLicense();
      await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1);
      const secret = notes.join('\n').match(/whsec_\S+/)?.[0] ?? '';
      expect(verified(secret, receiver.received[0] as Received)).toMatchObject({ type: 'license.created' });
    });

    it('Ctrl-C ends it with 0', async () => {
      const { interrupt, lines } = await listen();
      await createLicense();
      await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1);
      expect((await interrupt()).code).toBe(0);
    });

    it('Ctrl-C ends it at once also while a receiver sleeps and other events wait', async () => {
      const receiver = await startReceiver(0);
      const { interrupt, lines } = await listen('--forward', receiver.url);
      await createLicense();
      await createLicense();
      await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(1);
      const begun = performance.now();
      expect((await interrupt()).code).toBe(0);
      // An attempt lasts 15 seconds.
      expect(performance.now() - begun).toBeLessThan(8_000);
      expect({ lines, received: receiver.received.length }).toEqual({ lines: [], received: 1 });
    });

    it('tells events of the account that is named, and wants a name when there are several', async () => {
      const other = await thriveJson<{ id: string }>(home, 'account', 'create', '--name', 'Second');
      const of = start('--account', other.id, '--json');
      await once(of.child.stderr as NodeJS.ReadableStream, 'data');
      const { lines } = await listen('--json');
      await createLicense();
      await expect.poll(() => lines.length, { timeout: 10_000 }).toBe(1);
      expect(await end(of)).toMatchObject({ code: 0, stdout: '' });

      const unclear = await start().exited;
      expect(unclear).toMatchObject({ code: 2, stdout: '' });
      expect(unclear.stderr).toContain('--account');
    });

    it('refuses wrong usage with a sentence and 2, and never repeats a secret', async () => {
      const account = ['--account', server.start.account_id];
      for (const args of [
        [...account, '--forward', 'nonsense'],
        [...account, '--forward', 'ftp://127.0.0.1/hook'],
        [...account, '--secret', 'not-to-be-shown'],
        [...account, '--secret', 'whsec_short'],
        [...account, '--event', 'licence.*'],
        [...account, '--event', 'license'],
        [...account, '--event', ''],
        [...account, '--nonsense'],
        [...account, 'nonsense'],
        ['--account', 'acc_unknown'],
      ]) {
        const { code, stdout, stderr } = await start(...args).exited;
        expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
        expect(stderr.trim()).not.toBe('');
        expect(stderr).not.toMatch(/^\s+at |not-to-be-shown/m);
      }
    });
  });
});

describe('webhooks trigger', () => {
  // It needs no server and no database.
  const nowhere = { dataDir: join(import.meta.dirname, 'no-such-folder'), databaseUrl: undefined };
  afterEach(closeReceivers);
  const trigger = (...args: string[]) => thrive(nowhere, ['webhooks', 'trigger', ...args]);

  it.each(eventTypes)('sends a valid example of %s, signed', async (type) => {
    const [receiver, secret] = [await startReceiver(), newWebhookSecret()];
    const begun = Date.now();
    const { code, stdout } = await trigger(type, '--forward', receiver.url, '--secret', secret, '--json');
    expect(code).toBe(0);
    const [request, ...others] = receiver.received as [Received];
    expect(others).toEqual([]);

    const event = verified(secret, request) as { id: string; created_at: string };
    expect(eventBody(type).strict().safeParse(event).error).toBeUndefined();
    expect(Date.parse(event.created_at)).toBeGreaterThanOrEqual(begun);
    expect(request.headers).toMatchObject({ 'webhook-id': event.id, 'x-webhook-event': type });
    expect(JSON.parse(stdout)).toEqual({
      ...event,
      forwarded: { outcome: 'delivered', status: 200, error: null, duration_ms: expect.any(Number) },
    });
  });

  it('gives each its own id: a receiver that knows duplicates takes none for one', async () => {
    const receiver = await startReceiver();
    await trigger('license.created', '--forward', receiver.url);
    await trigger('license.created', '--forward', receiver.url);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(2);
  });

  it('a secret that it makes up is told, and verifies', async () => {
    const receiver = await startReceiver(204);
    const { code, stdout, stderr } = await trigger('payment.failed', '--forward', receiver.url);
    expect(code).toBe(0);
    expect(stdout).toMatch(/evt_\w+ {2}payment\.failed {2}→ 204 {2}\d+ ms\n$/);
    const secret = stderr.match(/whsec_\S+/)?.[0] ?? '';
    expect(verified(secret, receiver.received[0] as Received)).toMatchObject({ type: 'payment.failed' });
  });

  it('ends with 1 when the receiver says 500, and says so', async () => {
    const receiver = await startReceiver(500);
    const { code, stdout } = await trigger('license.revoked', '--forward', receiver.url);
    expect({ code, received: receiver.received.length }).toEqual({ code: 1, received: 1 });
    expect(stdout).toMatch(/license\.revoked {2}→ 500 {2}\d+ ms\n$/);
  });

  it('ends with 1 at a redirect, which is not followed', async () => {
    const target = await startReceiver();
    const receiver = await startReceiver(307, { headers: { location: target.url } });
    const { code } = await trigger('license.revoked', '--forward', receiver.url);
    expect({ code, followed: target.received.length }).toEqual({ code: 1, followed: 0 });
  });

  it('ends with 1 when nobody is there, and says so', async () => {
    const { url } = await startReceiver();
    await closeReceivers();
    const { code, stdout } = await trigger('license.revoked', '--forward', url);
    expect(code).toBe(1);
    expect(stdout).toContain('→ connection');
  });

  it('goes to this machine, and not further into its network', async () => {
    const { code, stdout } = await trigger('license.revoked', '--forward', 'http://169.254.169.254/latest');
    expect(code).toBe(1);
    expect(stdout).toContain('→ address_refused');
  });

  it('refuses wrong usage with a sentence and 2, and sends nothing', async () => {
    const receiver = await startReceiver();
    const forward = ['--forward', receiver.url];
    for (const args of [
      [],
      forward,
      ['license.created'],
      ['license.created', '--forward'],
      ['license.created', '--forward', 'nonsense'],
      ['license.created', '--forward', 'file:///etc/passwd'],
      ['license.invented', ...forward],
      ['license.*', ...forward],
      ['license.created', ...forward, '--secret', 'nonsense'],
      ['license.created', ...forward, '--nonsense'],
      ['license.created', 'license.revoked', ...forward],
    ]) {
      const { code, stdout, stderr } = await trigger(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr.trim()).not.toBe('');
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    expect(receiver.received).toEqual([]);
  });
});

describe('the webhooks commands', () => {
  const nowhere = { dataDir: join(import.meta.dirname, 'no-such-folder'), databaseUrl: undefined };

  it.each([
    [[], ['listen', 'trigger']],
    [['listen'], ['--forward', '--event', '--account', '--secret', '--json']],
    [['trigger'], ['<type>', '--forward', '--secret', '--json', ...eventTypes]],
  ])('%j explains itself', async (verb, named) => {
    const { code, stdout } = await thrive(nowhere, ['webhooks', ...verb, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: thrive ${['webhooks', ...verb].join(' ')}`);
    for (const name of named) expect(stdout).toContain(name);
  });

  it('listening where there is no installation ends with 3', async () => {
    const { code, stdout, stderr } = await thrive(nowhere, ['webhooks', 'listen']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('DATA_DIR');
  });
});
