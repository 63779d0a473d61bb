import { createHash } from 'node:crypto';
import { createClient } from '@redis/client';
import { secondMs } from '../clock.ts';
import type { RateDecision, RateLimiter, RateWindow } from './rate-limiter.ts';
import { clocksDifferMs, slide, tightestOf, violatedOf } from './sliding-counter.ts';

const keyPrefix = 'thrive:rate:';
/** Silence of the server after which the connection is given up and another one opened. */
const givenUpAfterMs = 3 * secondMs;
const reconnectEveryMs = secondMs / 2;

/**
 * Looks at all windows of a caller and counts in all of them, or in none. A caller is a hash with a field for each window:
 * its slot, the count of it, and the count of the slot before. The slot never goes back: of two clocks the later one
 * counts. Asked with `0` it only looks.
 */
const script = `
local at, counts, keep = tonumber(ARGV[1]), ARGV[2] == '1', ARGV[3]
local lengths, limits = {}, {}
for n = 4, #ARGV, 2 do
  table.insert(lengths, ARGV[n])
  table.insert(limits, tonumber(ARGV[n + 1]))
end
local known = redis.call('HMGET', KEYS[1], unpack(lengths))
local answer, allowed = {}, 1
for n, length in ipairs(lengths) do
  local slot, current, previous = 0, 0, 0
  if known[n] then
    local s, c, p = string.match(known[n], '^(%d+) (%d+) (%d+)$')
    slot, current, previous = tonumber(s), tonumber(c), tonumber(p)
  end
  local now = math.floor(at / length)
  if now > slot then
    previous = now == slot + 1 and current or 0
    current = 0
    slot = now
  end
  local share = math.min(1, math.max(0, ((slot + 1) * length - at) / length))
  if current + previous * share + 1 > limits[n] then allowed = 0 end
  table.insert(answer, slot)
  table.insert(answer, current)
  table.insert(answer, previous)
end
if allowed == 1 and counts then
  local fields = {}
  for n, length in ipairs(lengths) do
    local first = n * 3 - 2
    answer[first + 1] = answer[first + 1] + 1
    table.insert(fields, length)
    table.insert(fields, string.format('%d %d %d', answer[first], answer[first + 1], answer[first + 2]))
  end
  redis.call('HSET', KEYS[1], unpack(fields))
  redis.call('PEXPIRE', KEYS[1], keep)
end
table.insert(answer, 1, allowed)
return answer
`;
const scriptSha = createHash('sha1').update(script).digest('hex');

/** A store that holds a connection. */
export interface RedisRateLimiter extends RateLimiter {
  close(): Promise<void>;
}

/**
 * Counts in Redis or Valkey, for all nodes together. Resolves when it is connected, or cannot be. Nothing waits for a
 * server that is away: while there is no connection, which is tried anew by itself, calls fail at once.
 *
 * The server must not throw counters away when its memory is full (`maxmemory-policy noeviction`), and needs no disk.
 */
export async function openRedisRateLimiter(url: string): Promise<RedisRateLimiter> {
  const client = createClient({
    url,
    // The older protocol: every server and proxy speaks it, and nothing here needs the newer.
    RESP: 2,
    maintNotifications: 'disabled',
    disableOfflineQueue: true,
    // A server that stands still closes nothing. Asked every second, a connection that stays silent is given up.
    pingInterval: secondMs,
    socket: {
      connectTimeout: secondMs,
      socketTimeout: givenUpAfterMs,
      reconnectStrategy: () => reconnectEveryMs,
    },
  });
  let lastError: unknown;
  client.on('ready', () => {
    lastError = undefined;
  });
  // Told by the call that meets it.
  client.on('error', (error) => {
    lastError = error;
  });
  await new Promise((resolve) => {
    client.once('ready', resolve).once('error', resolve);
    // Fails only when it is closed before it has ever connected.
    client.connect().catch(() => {});
  });

  const evaluate = async (args: string[]): Promise<unknown> => {
    try {
      return await client.sendCommand(['EVALSHA', scriptSha, ...args]);
    } catch (error) {
      // A server that is new, or was started again, has not read it yet.
      if (!String((error as Error).message).startsWith('NOSCRIPT')) throw lastError ?? error;
      return client.sendCommand(['EVAL', script, ...args]);
    }
  };

  const ask = async (counts: boolean, key: string, windows: readonly RateWindow[], now: number) => {
    const longest = Math.max(...windows.map(({ lengthMs }) => lengthMs));
    const keep = 2 * longest + clocksDifferMs;
    const ofWindows = windows.flatMap(({ lengthMs, limit }) => [lengthMs, limit]);
    const args = ['1', `${keyPrefix}${key}`, now, counts ? 1 : 0, keep, ...ofWindows].map(String);
    return toDecision((await evaluate(args)) as number[], counts, windows, now);
  };

  return {
    take: (key, windows, now) => ask(true, key, windows, now),
    peek: (key, windows, now) => ask(false, key, windows, now),
    close: async () => {
      if (client.isOpen) client.destroy();
    },
  };
}

/** @param counted the answer shows the counts after this request, if that was allowed. */
function toDecision(
  [allowed, ...counts]: readonly number[],
  counted: boolean,
  windows: readonly RateWindow[],
  now: number,
): RateDecision {
  const states = windows.map((window, n) => {
    const [slot = 0, current = 0, previous = 0] = counts.slice(n * 3, n * 3 + 3);
    return { window, counter: slide({ slot, current, previous }, window.lengthMs, now) };
  });
  const violated = counted && allowed ? null : violatedOf(states, now);
  return violated ?? tightestOf(states, now);
}
