import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request as rawRequest } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventTypes, exampleEvent } from '@thrivetech/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createAddressGuard,
  createWebhookSender,
  newWebhookSecret,
  signedHeaders,
  type WebhookSender,
} from '../../src/modules/webhooks/index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createNewId } from '../../src/platform/ids.ts';

const isJudged = process.env['CI'] === 'true';
const page = join(import.meta.dirname, '../../../../docs/webhooks.md');

/** The receivers of the guide: what a reader copies and how they start it. */
const receivers = [
  { name: 'Node', fence: 'js', file: 'receiver.mjs', start: [process.execPath], version: '--version' },
  { name: 'Python', fence: 'python', file: 'receiver.py', start: ['python3'], version: '--version' },
  { name: 'Go', fence: 'go', file: 'receiver.go', start: ['go', 'run'], version: 'version' },
].map((receiver) => {
  const isThere = spawnSync(receiver.start[0] as string, [receiver.version]).status === 0;
  // On somebody's own machine a language is a matter of taste; where changes are judged Python is not.
  return { ...receiver, isMissing: !isThere && (receiver.name === 'Go' || !isJudged) };
});

for (const { name, isMissing } of receivers) {
  if (isMissing) console.warn(`SKIPPED: the webhook receiver in ${name} needs ${name}, which is not here.`);
}

describe.each(receivers)('the receiver of the guide in $name', ({ fence, file, start, isMissing }) => {
  describe.skipIf(isMissing)('as a reader copies it', () => {
    const secret = newWebhookSecret();
    const newId = createNewId();
    let folder = '';
    let port = 0;
    let sender: WebhookSender;
    let running: Program | undefined;
    const started: Program[] = [];
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'thrive-receiver-'));
      const markdown = await readFile(page, 'utf8');
      const [, program = ''] = markdown.match(new RegExp(`\`\`\`${fence}\n([\\s\\S]*?)\`\`\``)) ?? [];
      expect(program, 'a receiver in the guide').not.toBe('');
      await writeFile(join(folder, file), program);
      const guard = createAddressGuard({ allowedNetworks: ['127.0.0.0/8'], allowHttp: true });
      sender = createWebhookSender({ guard, clock: systemClock });
      port = await freePort();
      running = run({ WEBHOOK_SECRET: secret, PORT: String(port) });
      await isListening(port, running);
    }, 240_000);
    afterAll(async () => {
      for (const program of started) await program.end();
      await sender?.close();
      if (folder) await rm(folder, { recursive: true, force: true });
    });

    const run = (env: Record<string, string>): Program => {
      const program = startProgram([...start, join(folder, file)], { folder, env });
      started.push(program);
      return program;
    };

    const newEvent = (type = eventTypes[0] as (typeof eventTypes)[number]) => {
      const now = systemClock.now();
      const event = { ...exampleEvent(type), id: newId('event', now) };
      return { id: event.id, type, body: JSON.stringify(event) };
    };
    type SentEvent = ReturnType<typeof newEvent>;

    const headersOf = (
      event: SentEvent,
      { secrets = [secret], attempt = 1, sent_at = systemClock.now() } = {},
    ) => signedHeaders(secrets, { ...event, attempt, sent_at });

    /** A delivery as the platform makes it. @returns the status of the answer. */
    const deliver = async (event: SentEvent, headers = headersOf(event), body = event.body) =>
      (await sender.send(`http://127.0.0.1:${port}/`, headers, body)).status;

    /** What the program has worked on so far, once the newest event is through. */
    const workedOn = async (): Promise<readonly string[]> => {
      const last = newEvent('payment.failed');
      expect(await deliver(last)).toBe(200);
      await expect.poll(() => running?.lines, { timeout: 20_000 }).toContain(`payment.failed ${last.id}`);
      return running?.lines ?? [];
    };
    const times = (event: SentEvent, lines: readonly string[]) =>
      lines.filter((line) => line === `${event.type} ${event.id}`).length;

    it.each(eventTypes)('accepts %s and works on it', async (type) => {
      const event = newEvent(type);
      expect(await deliver(event)).toBe(200);
      expect(times(event, await workedOn())).toBe(1);
    });

    it('acknowledges an event that comes again, and works once', async () => {
      const event = newEvent();
      for (const attempt of [1, 2, 3]) expect(await deliver(event, headersOf(event, { attempt }))).toBe(200);
      expect(times(event, await workedOn())).toBe(1);
    });

    it('works once also when the same event comes eight times at one moment', async () => {
      const event = newEvent();
      const statuses = await Promise.all(Array.from({ length: 8 }, () => deliver(event)));
      expect(statuses).toEqual(Array(8).fill(200));
      expect(times(event, await workedOn())).toBe(1);
    });

    it('accepts two signatures during a rotation, wherever its own stands', async () => {
      for (const secrets of [
        [newWebhookSecret(), secret],
        [secret, newWebhookSecret()],
      ]) {
        const event = newEvent();
        expect(await deliver(event, headersOf(event, { secrets }))).toBe(200);
        expect(times(event, await workedOn())).toBe(1);
      }
    });

    it('accepts text in any script, byte for byte', async () => {
      const { id, type } = newEvent();
      const body = JSON.stringify({ ...exampleEvent(type), id, data: { name: 'Ada 🦊 Łukasz 東京 \u2028' } });
      const event = { id, type, body };
      expect(await deliver(event)).toBe(200);
      expect(times(event, await workedOn())).toBe(1);
    });

    it('accepts a clock that differs by four minutes', async () => {
      for (const seconds of [-240, 240]) {
        const event = newEvent();
        const sent_at = systemClock.now() + seconds * 1000;
        expect(await deliver(event, headersOf(event, { sent_at }))).toBe(200);
      }
    });

    /** Refused with a 4xx, and not worked on. */
    const expectRefused = async (event: SentEvent, headers: Record<string, string>, body = event.body) => {
      const status = await deliver(event, headers, body);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(times(event, await workedOn())).toBe(0);
    };

    it('refuses the signature of another secret', async () => {
      const event = newEvent();
      await expectRefused(event, headersOf(event, { secrets: [newWebhookSecret()] }));
    });

    it('refuses a timestamp that is six minutes old, or six minutes ahead', async () => {
      for (const seconds of [-360, 360]) {
        const event = newEvent();
        await expectRefused(event, headersOf(event, { sent_at: systemClock.now() + seconds * 1000 }));
      }
    });

    it('refuses a fresh timestamp on an old signature', async () => {
      const event = newEvent();
      const old = headersOf(event, { sent_at: systemClock.now() - 360_000 });
      const { 'webhook-timestamp': fresh = '' } = headersOf(event);
      await expectRefused(event, { ...old, 'webhook-timestamp': fresh });
    });

    it('refuses a body with one byte changed, one more, one less, or none at all', async () => {
      const event = newEvent();
      const middle = event.body.indexOf('"sequence":42') + '"sequence":4'.length;
      const changed = `${event.body.slice(0, middle)}3${event.body.slice(middle + 1)}`;
      expect(JSON.parse(changed)).toMatchObject({ sequence: 43 });
      for (const body of [changed, `${event.body} `, event.body.slice(0, -1), ''])
        await expectRefused(event, headersOf(event), body);
    });

    it('refuses another id on the same body: it would count as a new event', async () => {
      const event = newEvent();
      await expectRefused(event, { ...headersOf(event), 'webhook-id': newEvent().id });
    });

    it('refuses a delivery whose headers are missing or malformed', async () => {
      const event = newEvent();
      const good = headersOf(event);
      const signature = good['webhook-signature'] ?? '';
      for (const wrong of [
        { 'webhook-signature': '' },
        { 'webhook-signature': ' ' },
        { 'webhook-signature': 'v1,' },
        { 'webhook-signature': signature.slice('v1,'.length) },
        { 'webhook-signature': signature.replace('v1,', 'v2,') },
        { 'webhook-signature': signature.slice(0, -1) },
        { 'webhook-signature': `${signature}=` },
        // As many characters as a right one, and more bytes.
        { 'webhook-signature': 'ÿ'.repeat(signature.length) },
        { 'webhook-timestamp': '' },
        { 'webhook-timestamp': 'soon' },
        { 'webhook-timestamp': '9'.repeat(400) },
        { 'webhook-timestamp': '²' },
        { 'webhook-id': '' },
      ])
        await expectRefused(event, { ...good, ...wrong });
      for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
        const { [name]: _left, ...rest } = good;
        await expectRefused(event, rest);
      }
      await expectRefused(event, {});
    });

    it('refuses a body that goes on and on, even a signed one, and goes on serving', async () => {
      for (const length of [undefined, 5_000_000]) {
        const { id, type } = newEvent();
        const filled = JSON.stringify({ ...exampleEvent(type), id, data: { filling: '' } });
        const body = filled.replace('""', `"${'x'.repeat(5_000_000 - filled.length)}"`);
        const event = { id, type, body };
        const outcome = await post(port, {
          headers: { ...headersOf(event), ...(length && { 'content-length': String(length) }) },
          body,
        });
        expect(outcome === 'cut off' || (outcome >= 400 && outcome < 500), String(outcome)).toBe(true);
        expect(times(event, await workedOn())).toBe(0);
      }
    });

    it('survives callers that hang up in the middle, or do not speak HTTP', async () => {
      const event = newEvent();
      const lines = Object.entries(headersOf(event)).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = `POST / HTTP/1.1\r\nhost: x\r\n${lines.join('')}content-length: ${event.body.length}\r\n\r\n`;
      for (const text of [head, head + event.body.slice(0, 10), 'nonsense\r\n\r\n', '']) {
        const socket = connect(port, '127.0.0.1');
        await once(socket, 'connect');
        socket.end(text);
        socket.destroySoon();
        await once(socket, 'close');
      }
      expect(times(event, await workedOn())).toBe(0);
    });

    it('does not start without a secret: everybody can sign with an empty one', async () => {
      for (const env of [{}, { WEBHOOK_SECRET: '' }, { WEBHOOK_SECRET: 'whsec_' }]) {
        const program = run({ ...env, PORT: '0' });
        expect(await program.exited).not.toBe(0);
        expect(program.said()).toContain('WEBHOOK_SECRET');
      }
    });
  });
});

interface Program {
  /** What it printed, line by line. */
  readonly lines: readonly string[];
  /** Printed and complained. */
  said(): string;
  readonly exited: Promise<number | null>;
  end(): Promise<void>;
}

/** Starts a program with a group of its own, because `go run` starts another one. */
function startProgram(
  [command = '', ...args]: readonly string[],
  { folder, env }: { folder: string; env: Record<string, string> },
): Program {
  const { WEBHOOK_SECRET: _secret, PORT: _port, NODE_OPTIONS: _options, ...ours } = process.env;
  const child: ChildProcess = spawn(command, args, {
    cwd: folder,
    // Nothing is fetched: what the guide needs is what the language brings along.
    env: { ...ours, GOPROXY: 'off', GOTOOLCHAIN: 'local', GOFLAGS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    get lines() {
      return stdout.split('\n').slice(0, -1);
    },
    said: () => stdout + stderr,
    exited,
    async end() {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGKILL');
      await exited;
    },
  };
}

/** A port of this machine that nobody listens on. */
async function freePort(): Promise<number> {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  await new Promise((resolve) => holder.close(resolve));
  return port;
}

/** Waits until a program takes connections. @throws when it ended instead. */
async function isListening(port: number, program: Program): Promise<void> {
  const ended = program.exited.then((code) => {
    throw new Error(`It ended with ${code}: ${program.said()}`);
  });
  // Ended on purpose, after the tests, nobody waits for it any more.
  ended.catch(() => {});
  await Promise.race([vi.waitUntil(() => canConnect(port), { timeout: 200_000, interval: 100 }), ended]);
}

const canConnect = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** A POST that may leave open how long it is. @returns the status, or that the receiver would hear no more. */
function post(
  port: number,
  { headers, body }: { headers: Record<string, string>; body: string },
): Promise<number | 'cut off'> {
  return new Promise((resolve) => {
    const request = rawRequest({ host: '127.0.0.1', port, method: 'POST', headers });
    request.once('response', (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', () => resolve('cut off'));
    request.write(body.slice(0, 1000));
    request.end(body.slice(1000));
  });
}
