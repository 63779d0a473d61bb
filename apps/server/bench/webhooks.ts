import { setTimeout as sleep } from 'node:timers/promises';
import { load, type Started, startScript } from './processes.ts';

const eventsCount = 10_000;
const lagEventsPerSecond = 500;
const sleepyEventsPerSecond = 50;

interface Seen {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

/** What the delivery of webhooks does: rows for the table. The server must allow http to this machine. */
export async function measureWebhooks(
  {
    api,
    admin_key,
    channel_key,
    product_id,
  }: Record<'api' | 'admin_key' | 'channel_key' | 'product_id', string>,
  seconds: number,
): Promise<string[][]> {
  const receiver: Started<{ url: string }> = await startScript<{ url: string }>('receiver.ts');
  const { url } = receiver.line;
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(api + path, {
      method,
      headers: { authorization: `Bearer ${admin_key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}.`);
    return ((await response.json()) as { data: { id: string; key: string } }).data;
  };
  const seen = async (): Promise<Seen> => (await (await fetch(`${url}/seen`)).json()) as Seen;
  const forget = () => fetch(`${url}/forget`);
  const untilSeen = async (count: number) => {
    for (let now = await seen(); now.count < count; now = await seen()) await sleep(5);
  };

  try {
    const since = new Date().toISOString();
    const licenses = Array.from({ length: 100 }, () => ({ product_id }));
    for (let made = 0; made < eventsCount; made += licenses.length) {
      await call('POST', '/licenses/bulk', { licenses });
    }
    const fast = await call('POST', '/webhooks/endpoints', { url: `${url}/fast` });
    await call('POST', `/webhooks/endpoints/${fast.id}/recover`, { since });
    // All of them are due from now on.
    const begun = performance.now();
    await untilSeen(eventsCount);
    const perSecond = Math.round(eventsCount / ((performance.now() - begun) / 1000));

    const wide = await call('POST', '/licenses', { product_id, device_limit: 1_000_000 });
    const activations = (rate: number) =>
      load(`${api}/activate`, {
        ...{ seconds, connections: 16, rate, key: channel_key },
        body: { license_key: wide.key, device: { fingerprint: 'device-[<id>]' } },
      });
    await forget();
    const made = await activations(lagEventsPerSecond);
    await untilSeen(Math.floor(made.perSecond * seconds * 0.99));
    const lag = await seen();

    const sleepy = await call('POST', '/webhooks/endpoints', { url: `${url}/sleepy` });
    await forget();
    const beside = await activations(sleepyEventsPerSecond);
    await untilSeen(Math.floor(beside.perSecond * seconds * 0.99));
    const others = await seen();
    await call('DELETE', `/webhooks/endpoints/${sleepy.id}`);

    const row = (what: string, rate: number, { p50, p99 }: Seen, aim: string) => [
      ...[what, `${Math.round(rate)}`, p50.toFixed(0), p99.toFixed(0), '', aim],
    ];
    return [
      ['deliveries to a fast receiver', `${perSecond}`, '', '', `${eventsCount} events`, '>= 2000/s'],
      row(`event to receiver, at ${lagEventsPerSecond} events/s`, made.perSecond, lag, 'p99 <= 1000'),
      row('the same, while another endpoint sleeps 15 s', beside.perSecond, others, 'p99 <= 1000'),
    ];
  } finally {
    await receiver.end();
  }
}
