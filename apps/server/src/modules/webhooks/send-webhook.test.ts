import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import net, { type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Clock, hourMs, secondMs } from '../../platform/clock.ts';
import { createAddressGuard } from './address-guard.ts';
import type { Outcome } from './delivery.ts';
import { closeReceivers, httpReceiver, rawReceiver, silentReceiver } from './receivers.fixtures.ts';
import { createWebhookSender, type Resolve, type SendLimits, type WebhookSender } from './send-webhook.ts';

const now = Date.UTC(2026, 10, 25, 12);
const clock: Clock = { now: () => now };
const thisMachine = createAddressGuard({ allowedNetworks: ['127.0.0.1/32'], allowHttp: true });
/** Far longer than anything takes here that comes to an end. */
const patient: SendLimits = { connectMs: 10_000, totalMs: 10_000 };
/** For what never does. */
const brief: SendLimits = { connectMs: 200, totalMs: 200 };
const body = '{"name":"Łukasz 🎫"}';

const senders: WebhookSender[] = [];
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.close();
  await closeReceivers();
  vi.restoreAllMocks();
});

function createSender(limits: SendLimits = patient): WebhookSender {
  const resolve: Resolve = (hostname) => Promise.reject(new Error(`Nobody should ask for ${hostname}.`));
  const sender = createWebhookSender({ guard: thisMachine, clock, resolve, limits });
  senders.push(sender);
  return sender;
}

const send = (url: string, limits?: SendLimits): Promise<Outcome> =>
  createSender(limits).send(url, { 'webhook-id': 'evt_1' }, body);
/** What comes of an answer that is written byte by byte, after which the receiver hangs up. */
const sendToRaw = async (answer: string | Buffer): Promise<Outcome> =>
  send((await rawReceiver((socket) => socket.end(answer))).url);
const sendTo = async (answer: RequestListener): Promise<Outcome> => send((await httpReceiver(answer)).url);
const answering =
  (status: number, headers: Record<string, string> = {}, text = ''): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(text);

describe('a receiver is sent', () => {
  it('one POST with the very bytes, said to be JSON, and the headers that were handed in', async () => {
    const receiver = await httpReceiver(answering(200));
    await createSender().send(`${receiver.url}/hook?shop=1#part`, { 'webhook-id': 'evt_1' }, body);
    expect(receiver.received).toEqual([
      {
        method: 'POST',
        path: '/hook?shop=1',
        body: Buffer.from(body),
        headers: {
          host: `127.0.0.1:${receiver.port}`,
          connection: 'keep-alive',
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
          'user-agent': 'ThriveTech-Webhooks',
          'webhook-id': 'evt_1',
        },
      },
    ]);
  });

  it('one after the other over one connection, which stays open between', async () => {
    const receiver = await httpReceiver(answering(200, {}, 'thanks'));
    const sender = createSender();
    for (let n = 0; n < 5; n++) {
      expect(await sender.send(receiver.url, {}, `${n}`)).toMatchObject({ outcome: 'delivered' });
      await nextTurn();
    }
    expect(receiver.received.map((request) => `${request.body}`)).toEqual(['0', '1', '2', '3', '4']);
    expect(receiver.connections).toHaveLength(1);
  });

  it('each over a connection of its own when they come at once, so that none waits for one that sleeps', async () => {
    const receiver = await httpReceiver((request, response) => {
      if (request.url === '/fast') response.end();
    });
    const sender = createSender();
    const slow = Array.from({ length: 4 }, () => sender.send(`${receiver.url}/slow`, {}, body));
    await expect.poll(() => receiver.received.length).toBe(4);
    expect(await sender.send(`${receiver.url}/fast`, {}, body)).toMatchObject({ status: 200 });
    await sender.close();
    expect((await Promise.all(slow)).map(({ error }) => error)).toEqual(Array(4).fill('connection'));
  });

  it('a request once: a kept connection that breaks is a failed attempt, not a reason to send it again unasked', async () => {
    const receiver = await httpReceiver((_request, response) => {
      if (receiver.received.length === 2) response.socket?.destroy();
      else response.end();
    });
    const sender = createSender();
    expect(await sender.send(receiver.url, {}, body)).toMatchObject({ outcome: 'delivered' });
    expect(await sender.send(receiver.url, {}, body)).toMatchObject({
      outcome: 'failed',
      error: 'connection',
    });
    expect(receiver.received).toHaveLength(2);
  });
});

describe('an answer', () => {
  it.each([200, 201, 202, 204, 299])('of %i is success', async (status) => {
    expect(await sendTo(answering(status))).toEqual({
      outcome: 'delivered',
      status,
      error: null,
      duration_ms: expect.any(Number),
      response_body: null,
      retry_after_ms: null,
    });
  });

  it.each([400, 401, 404, 410, 429, 500, 503])('of %i is a failure that says so', async (status) => {
    expect(await sendTo(answering(status, {}, 'no thanks'))).toEqual({
      outcome: 'failed',
      status,
      error: 'status',
      duration_ms: expect.any(Number),
      response_body: 'no thanks',
      retry_after_ms: null,
    });
  });

  it.each([300, 301, 302, 303, 304, 307, 308])(
    'of %i is a failure by name, and nobody follows where it leads',
    async (status) => {
      const inner = await httpReceiver(answering(200));
      const location = `${inner.url}/admin`;
      const receiver = await httpReceiver(answering(status, { location }));
      expect(await send(receiver.url)).toMatchObject({ outcome: 'failed', status, error: 'redirect' });
      expect(receiver.received).toHaveLength(1);
      expect(inner.connections).toEqual([]);
    },
  );

  it.each([
    ['early hints', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
    ['a sign of life', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(3)],
  ])('may be preceded by %s', async (_what, before) => {
    const outcome = await sendToRaw(`${before}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`);
    expect(outcome).toMatchObject({ outcome: 'delivered', status: 200, response_body: 'ok' });
  });

  it('of 101 is none: there is nothing to switch to', async () => {
    const outcome = await sendToRaw('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
    expect(outcome).toMatchObject({ outcome: 'failed', status: null });
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['binary', Buffer.from([0, 1, 2, 255])],
    ['a status that is no number', 'HTTP/1.1 abc OK\r\n\r\n'],
    ['a null byte in a header', 'HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(64 * 1024)}\r\n\r\n`],
  ])('that is not HTTP is a failure by name: %s', async (_what, answer) => {
    expect(await sendToRaw(answer)).toMatchObject({
      outcome: 'failed',
      status: null,
      error: 'invalid_answer',
    });
  });

  it.each([
    ['before the first byte', ''],
    ['within the first line', 'HTTP/1.1 2'],
    ['in the middle of the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
  ])('that breaks off %s is none', async (_where, answer) => {
    expect(await sendToRaw(answer)).toMatchObject({ outcome: 'failed', status: null, error: 'connection' });
  });

  it.each([
    ['is shorter than announced', 'content-length: 20\r\n\r\nok', 'ok'],
    ['has a chunk that is none', 'transfer-encoding: chunked\r\n\r\n2\r\nok\r\nzz\r\n', 'ok'],
    ['ends with the connection', '\r\nok', 'ok'],
    ['is not there', 'content-length: 20\r\n\r\n', null],
  ])('counts by its status, though its body %s', async (_how, rest, kept) => {
    expect(await sendToRaw(`HTTP/1.1 200 OK\r\n${rest}`)).toMatchObject({
      outcome: 'delivered',
      status: 200,
      response_body: kept,
    });
  });
});

describe('the body of an answer', () => {
  const flood = (status: string) => (socket: Socket) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const push = () => {
      while (socket.bytesWritten < 256 * 1024 * 1024) if (!socket.write(chunk)) return;
    };
    socket.on('drain', push);
    socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
    push();
  };

  it.each([
    ['200 OK', 'delivered'],
    ['500 No', 'failed'],
  ])(
    'after %s is not read to its end: 2,048 bytes are kept, and the connection is dropped',
    async (line, outcome) => {
      const receiver = await rawReceiver(flood(line));
      const result = await send(receiver.url);
      expect(result).toMatchObject({ outcome, response_body: 'x'.repeat(2048) });
      const [socket] = receiver.connections;
      if (!socket?.destroyed) await new Promise((resolve) => socket?.once('close', resolve));
      // What two kernels hold for a reader that has gone; the receiver was ready for 256 MiB.
      expect(socket?.bytesWritten).toBeLessThan(32 * 1024 * 1024);
    },
  );

  it('that drips without end ends with the time of the attempt, and the status counts', async () => {
    const drip = (status: string) =>
      rawReceiver((socket) => {
        socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
        const timer = setInterval(() => socket.write('drip '), 20);
        socket.on('close', () => clearInterval(timer));
      });
    const good = await send((await drip('200 OK')).url, brief);
    expect(good).toMatchObject({ outcome: 'delivered', status: 200, error: null });
    expect(good.response_body).toMatch(/^(drip )+$/);
    expect(good.duration_ms).toBeLessThan(2_000);
    const bad = await send((await drip('500 No')).url, brief);
    expect(bad).toMatchObject({ outcome: 'failed', status: 500, error: 'status' });
  });

  it('becomes text that every database takes: no null byte, no half of a sign', async () => {
    const bytes = Buffer.from([0x00, 0x61, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x00]);
    const { response_body } = await sendTo((_request, response) => void response.end(bytes));
    expect(response_body).toBe('\uFFFDa\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFD\uFFFD');
    const cut = await sendTo((_request, response) => void response.end(`${'x'.repeat(2046)}🎫 and more`));
    expect(cut.response_body).toBe(`${'x'.repeat(2046)}\uFFFD`);
  });
});

describe('a receiver that does not answer', () => {
  it('costs the time of an attempt, and no more', async () => {
    const outcome = await send((await silentReceiver()).url, brief);
    expect(outcome).toMatchObject({ outcome: 'failed', status: null, error: 'timeout', response_body: null });
    expect(outcome.duration_ms).toBeGreaterThanOrEqual(190);
    expect(outcome.duration_ms).toBeLessThan(2_000);
  });

  it.each([
    ['its headers drip', 'HTTP/1.1 200 OK\r\nx: ', 'a'],
    ['it says again and again that it is busy', '', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ])('though %s', async (_how, first, then) => {
    const receiver = await rawReceiver((socket) => {
      socket.write(first);
      const timer = setInterval(() => socket.write(then), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await send(receiver.url, brief)).toMatchObject({
      outcome: 'failed',
      error: 'timeout',
      status: null,
    });
  });

  it('that is not there refuses the connection', async () => {
    const receiver = await silentReceiver();
    await closeReceivers();
    expect(await send(receiver.url)).toMatchObject({ outcome: 'failed', status: null, error: 'connection' });
  });

  it('that slams the door is a failed connection', async () => {
    const server = net.createServer((socket) => socket.resetAndDestroy());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => send(`http://127.0.0.1:${port}`)));
    server.close();
    expect(outcomes.map(({ error }) => error)).toEqual(Array(20).fill('connection'));
  });
});

describe('Retry-After', () => {
  const askedBy = async (value: string, status = 503) => {
    const outcome = await sendTo(answering(status, { 'retry-after': value }));
    return outcome.retry_after_ms;
  };
  const inFuture = (ms: number) => new Date(now + ms).toUTCString();

  it.each([
    ['seconds', '120', 120 * secondMs],
    ['no time at all', '0', 0],
    ['a day', '86400', 24 * hourMs],
    ['more than a day', '86401', 24 * hourMs],
    ['more than anybody can count', '9'.repeat(400), 24 * hourMs],
    ['a date', inFuture(hourMs), hourMs],
    ['a date in a month', inFuture(30 * 24 * hourMs), 24 * hourMs],
    ['a date that is past', inFuture(-hourMs), 0],
    ['nonsense', 'soon', null],
    ['an exponent', '1e3', null],
    ['nothing', '', null],
  ])('of %s', async (_what, value, asked) => {
    expect(await askedBy(value)).toBe(asked);
  });

  it('counts with every failure that has an answer, and never with success', async () => {
    expect(await askedBy('120', 429)).toBe(120 * secondMs);
    expect(await askedBy('120', 302)).toBe(120 * secondMs);
    expect(await askedBy('120', 200)).toBeNull();
  });
});
