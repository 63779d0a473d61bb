import net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import tls from 'node:tls';
import { afterEach, describe, expect, it, type Mock, vi } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { type AddressGuard, createAddressGuard } from './address-guard.ts';
import { selfSigned } from './certificate.fixtures.ts';
import { closeReceivers, httpReceiver, silentReceiver, tlsReceiver } from './receivers.fixtures.ts';
import { createWebhookSender, type Resolve, resolveByDns, type WebhookSender } from './send-webhook.ts';

const publicOnly = createAddressGuard({ allowedNetworks: [], allowHttp: true });
const thisMachine = createAddressGuard({ allowedNetworks: ['127.0.0.1/32'], allowHttp: true });
const patient = { connectMs: 10_000, totalMs: 10_000 };

const senders: WebhookSender[] = [];
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.close();
  await closeReceivers();
  vi.restoreAllMocks();
});

/** Answers with these addresses in turn, the last one again and again. */
function resolverOf(...turns: string[][]): Mock<Resolve> {
  const resolve: Mock<Resolve> = vi.fn(async () => {
    const addresses = turns[Math.min(resolve.mock.calls.length, turns.length) - 1] ?? [];
    return addresses.map((address) => ({ address, family: net.isIP(address) }));
  });
  return resolve;
}

function createSender(more: {
  guard?: AddressGuard;
  resolve?: Resolve;
  ca?: string;
  limits?: typeof patient;
}): WebhookSender {
  const resolve: Resolve = (hostname) => Promise.reject(new Error(`Nobody should ask for ${hostname}.`));
  const sender = createWebhookSender({
    guard: thisMachine,
    clock: systemClock,
    resolve,
    limits: patient,
    ...more,
  });
  senders.push(sender);
  return sender;
}

/** Counts what is dialed, whoever would answer. */
function watchConnections() {
  const [plain, secure] = [vi.spyOn(net, 'connect'), vi.spyOn(tls, 'connect')];
  return () => plain.mock.calls.length + secure.mock.calls.length;
}

const welcoming = () => httpReceiver((_request, response) => void response.end());
/** Every request needs a connection of its own, and so another look at the address. */
const closing = () =>
  httpReceiver((_request, response) => void response.writeHead(200, { connection: 'close' }).end());

describe('nothing is connected', () => {
  it.each([
    ...['http://127.0.0.1', 'http://2130706433', 'http://0x7f000001', 'http://127.1', 'http://0177.0.0.1'],
    ...['http://[::1]', 'http://[::ffff:7f00:1]', 'http://[::ffff:127.0.0.1]', 'http://[64:ff9b::7f00:1]'],
    ...['http://169.254.169.254', 'https://127.0.0.1', 'https://[::1]', 'https://10.0.0.1'],
  ])('to an inner address that stands in the URL: %s', async (url) => {
    const receiver = await welcoming();
    const dialed = watchConnections();
    const outcome = await createSender({ guard: publicOnly }).send(`${url}:${receiver.port}/`, {}, '{}');
    expect(outcome).toMatchObject({ outcome: 'failed', status: null, error: 'address_refused' });
    expect([dialed(), receiver.connections]).toEqual([0, []]);
  });

  it.each(['http://127.0.0.1', 'http://[::1]', 'https://127.0.0.1', 'https://10.0.0.1'])(
    'to a literal that a look at the URL would miss: %s is looked at where it is connected, too',
    async (url) => {
      const dialed = watchConnections();
      const guard = { ...publicOnly, faultOf: () => null };
      const outcome = await createSender({ guard }).send(`${url}:4000/`, {}, '{}');
      expect([outcome.error, dialed()]).toEqual(['address_refused', 0]);
    },
  );

  it.each([
    ['private', ['10.0.0.7']],
    ['loopback', ['127.0.0.1']],
    ['of a cloud’s metadata', ['169.254.169.254']],
    ['IPv6 loopback', ['::1']],
    ['loopback inside IPv6', ['::ffff:127.0.0.1']],
    ['public and private', ['8.8.8.8', '10.0.0.7']],
    ['private and public', ['10.0.0.7', '8.8.8.8']],
    ['public of one kind, private of the other', ['8.8.8.8', 'fd00::1']],
    ['no address at all', ['localhost']],
  ])('to a name whose addresses are %s', async (_which, addresses) => {
    const receiver = await welcoming();
    for (const scheme of ['http', 'https']) {
      const dialed = watchConnections();
      const resolve = resolverOf(addresses);
      const sender = createSender({ guard: publicOnly, resolve });
      const outcome = await sender.send(`${scheme}://hook.test:${receiver.port}/`, {}, '{}');
      expect(outcome).toMatchObject({ outcome: 'failed', status: null, error: 'address_refused' });
      expect([dialed(), receiver.connections]).toEqual([0, []]);
      expect(resolve.mock.calls).toEqual([['hook.test']]);
      vi.restoreAllMocks();
    }
  });

  it.each(['ftp://example.com', 'http://example.com', 'https://user:word@example.com', 'example.com', ''])(
    'for a URL that would be refused today, whatever was saved once: "%s"',
    async (url) => {
      const dialed = watchConnections();
      const guard = createAddressGuard({ allowedNetworks: [], allowHttp: false });
      const outcome = await createSender({ guard }).send(url, {}, '{}');
      expect([outcome.error, dialed()]).toEqual(['address_refused', 0]);
    },
  );

  it('once a connection is made whose other end is not the address that was dialed', async () => {
    const receiver = await welcoming();
    const isAllowed = vi.fn(
      (address: string) => isAllowed.mock.calls.length === 1 && address === '127.0.0.1',
    );
    const outcome = await createSender({ guard: { ...thisMachine, isAllowed } }).send(receiver.url, {}, '{}');
    expect(outcome.error).toBe('address_refused');
    expect(isAllowed.mock.calls.map(([address]) => address)).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(receiver.received).toEqual([]);
  });
});

describe('a name that changes its answer', () => {
  it('is refused from its next connection on, and what was checked is what is dialed', async () => {
    const receiver = await closing();
    const dialed = watchConnections();
    const resolve = resolverOf(['127.0.0.1'], ['10.0.0.7']);
    const sender = createSender({ resolve });
    const url = `http://hook.test:${receiver.port}/`;
    expect(await sender.send(url, {}, '1')).toMatchObject({ outcome: 'delivered' });
    expect(await sender.send(url, {}, '2')).toMatchObject({ outcome: 'failed', error: 'address_refused' });
    expect(receiver.received.map((request) => `${request.body}`)).toEqual(['1']);
    expect([resolve.mock.calls.length, dialed()]).toEqual([2, 1]);
  });

  it('cannot do so between the look and the connection: it is asked once for each', async () => {
    const receiver = await closing();
    // Whoever asked a second time would get the inner address.
    const turns = Array.from({ length: 5 }, () => ['127.0.0.1']);
    const resolve = resolverOf(...turns, ['10.0.0.7']);
    const sender = createSender({ resolve });
    for (let sent = 1; sent <= 5; sent++) {
      const outcome = await sender.send(`http://hook.test:${receiver.port}/`, {}, '{}');
      expect([outcome.outcome, resolve.mock.calls.length]).toEqual(['delivered', sent]);
    }
    expect(receiver.connections).toHaveLength(5);
  });

  it('is not asked for a connection that is still open', async () => {
    const receiver = await welcoming();
    const resolve = resolverOf(['127.0.0.1'], ['10.0.0.7']);
    const sender = createSender({ resolve });
    for (let n = 0; n < 3; n++) {
      const outcome = await sender.send(`http://hook.test:${receiver.port}/`, {}, '{}');
      expect(outcome.outcome).toBe('delivered');
      await nextTurn();
    }
    expect([resolve.mock.calls.length, receiver.connections.length]).toEqual([1, 1]);
  });

  it('is told by its own name all the same', async () => {
    const receiver = await welcoming();
    const sender = createSender({ resolve: resolverOf(['127.0.0.1']) });
    await sender.send(`http://hook.test:${receiver.port}/`, {}, '{}');
    expect(receiver.received[0]?.headers.host).toBe(`hook.test:${receiver.port}`);
  });
});

describe('a name that is not found', () => {
  it.each([
    ['the resolver says so', async () => Promise.reject(new Error('ENOTFOUND'))],
    ['it has no address', async () => []],
  ] as const)('is a failure of DNS: %s', async (_why, resolve) => {
    const outcome = await createSender({ resolve }).send('http://hook.test/', {}, '{}');
    expect(outcome).toMatchObject({ outcome: 'failed', status: null, error: 'dns' });
  });

  it('by a real resolver, too: .invalid is nobody’s (RFC 6761)', async () => {
    await expect(resolveByDns('hook.invalid')).rejects.toThrow();
  });

  it('in time is a timeout, and nothing is connected', async () => {
    const dialed = watchConnections();
    const resolve: Resolve = () => new Promise(() => {});
    const sender = createSender({ resolve, limits: { connectMs: 100, totalMs: 100 } });
    expect(await sender.send('http://hook.test/', {}, '{}')).toMatchObject({
      outcome: 'failed',
      error: 'timeout',
    });
    expect(dialed()).toBe(0);
  });
});

describe('TLS', () => {
  it('a certificate that nobody vouches for is refused, before anything is sent', async () => {
    const receiver = await tlsReceiver((_request, response) => void response.end());
    const outcome = await createSender({}).send(receiver.url, {}, '{}');
    expect(outcome).toMatchObject({ outcome: 'failed', status: null, error: 'tls' });
    expect(receiver.received).toEqual([]);
  });

  it('a certificate that is trusted is taken, for an address and for a name', async () => {
    for (const host of ['127.0.0.1', 'hook.test']) {
      const certificate = selfSigned(host);
      const receiver = await tlsReceiver((_request, response) => void response.end(), certificate);
      const sender = createSender({ ca: certificate.cert, resolve: resolverOf(['127.0.0.1']) });
      const outcome = await sender.send(`https://${host}:${receiver.port}/`, {}, '{}');
      expect(outcome).toMatchObject({ outcome: 'delivered', status: 200 });
    }
  });

  it.each([
    ['is for another name', selfSigned('other.test')],
    ['is for another address', selfSigned('127.0.0.2')],
    ['has ended', selfSigned('hook.test', -1_000)],
  ])('a trusted certificate that %s is refused', async (_why, certificate) => {
    const receiver = await tlsReceiver((_request, response) => void response.end(), certificate);
    const sender = createSender({ ca: certificate.cert, resolve: resolverOf(['127.0.0.1']) });
    for (const host of ['hook.test', '127.0.0.1']) {
      const outcome = await sender.send(`https://${host}:${receiver.port}/`, {}, '{}');
      expect(outcome).toMatchObject({ outcome: 'failed', error: 'tls' });
    }
    expect(receiver.received).toEqual([]);
  });

  it('a receiver that speaks plain HTTP on an https address is a failure of TLS', async () => {
    const receiver = await welcoming();
    const outcome = await createSender({}).send(receiver.url.replace('http:', 'https:'), {}, '{}');
    expect(outcome).toMatchObject({ outcome: 'failed', error: 'tls' });
    expect(receiver.received).toEqual([]);
  });

  it('a receiver that accepts and never shakes hands is a timeout', async () => {
    const receiver = await silentReceiver();
    const sender = createSender({ limits: { connectMs: 100, totalMs: 10_000 } });
    const outcome = await sender.send(receiver.url.replace('http:', 'https:'), {}, '{}');
    expect(outcome).toMatchObject({ outcome: 'failed', error: 'timeout' });
    expect(outcome.duration_ms).toBeLessThan(5_000);
  });
});
