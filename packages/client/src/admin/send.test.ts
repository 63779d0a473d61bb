import { describe, expect, test } from 'vitest';
import { callScripted, collect, create, exportAll, get, list, refuses, succeeds } from './admin.fixtures.ts';

const license = { licenseId: 'lic_1' };
const busy = refuses(500, 'INTERNAL_ERROR');
const limited = (retryAfter: string) =>
  refuses(429, 'RATE_LIMIT_EXCEEDED', undefined, { 'retry-after': retryAfter });

describe('what may pass by itself is sent again', () => {
  test.each([
    ['a lost connection', 'fails'],
    ['a 500', busy],
    ['a 503 of a proxy', () => new Response('<h1>Service unavailable</h1>', { status: 503 })],
    ['a 429', refuses(429, 'RATE_LIMIT_EXCEEDED')],
    ['a 429 of a proxy', () => new Response('', { status: 429 })],
    ['a first try that is still running', refuses(409, 'CONFLICT', { reason: 'idempotency_key_in_use' })],
    ['an answer that breaks off', () => new Response(brokenOff())],
  ] as const)('%s', async (_name, reply) => {
    const { caller, sent, time } = callScripted([reply, succeeds({ id: 'lic_1' })]);
    const { result } = await time.settle(caller.value(create, { product_id: 'prd_1' }));
    expect(result).toEqual({ id: 'lic_1' });
    expect(sent).toHaveLength(2);
  });

  test('after a pause that is random between nothing and twice the one before, at most eight seconds', async () => {
    for (const random of [0, 0.5, 0.999]) {
      const { caller, time } = callScripted(['fails'], { triesMax: 8, random });
      const { waitsMs, error } = await time.settle(caller.value(get, license));
      expect(waitsMs).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000].map((most) => most * random));
      expect(error).toMatchObject({ code: 'NETWORK_ERROR', retryable: true });
    }
  });

  test.each([
    ['7', 7_000],
    ['0', 0],
    ['60', 60_000],
    ['Wed, 25 Nov 2026 12:00:09 GMT', 9_000],
    ['Wed, 25 Nov 2026 11:00:00 GMT', 0],
    ['soon', null],
  ])('not before the time that Retry-After: %s says', async (retryAfter, leastMs) => {
    const { caller, time } = callScripted([limited(retryAfter), succeeds([])], { random: 0.5 });
    const { waitsMs } = await time.settle(caller.value(get, license));
    expect(waitsMs).toEqual([leastMs === null ? 250 : leastMs + 500]);
  });

  test('but not when that is longer than a minute: the caller hears how long', async () => {
    const { caller, sent, time } = callScripted([limited('61')]);
    const { error } = await time.settle(caller.value(get, license));
    expect(error).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', status: 429, retryAfterMs: 61_000 });
    expect(sent).toHaveLength(1);
  });

  test('after a try that takes too long, even when fetch does not heed its signal', async () => {
    const { caller, sent, time } = callScripted(['hangs', succeeds({ id: 'lic_1' })]);
    const { result, waitsMs } = await time.settle(caller.value(get, license));
    expect(result).toEqual({ id: 'lic_1' });
    expect(waitsMs).toEqual([30_000, 250]);
    expect(sent[0]?.signal?.aborted).toBe(true);
  });

  test('also when the head came in time and the rest did not', async () => {
    const stuck = () => new Response(new ReadableStream());
    const { caller, time } = callScripted([stuck], { triesMax: 1 });
    const { error, waitsMs } = await time.settle(caller.value(get, license, { timeoutMs: 5_000 }));
    expect(error).toMatchObject({ code: 'TIMEOUT', retryable: true });
    expect(waitsMs).toEqual([5_000]);
  });

  test('and no more often than is allowed', async () => {
    const { caller, sent, time } = callScripted([busy], { triesMax: 3 });
    const { error } = await time.settle(caller.value(create, {}));
    expect(error).toMatchObject({ code: 'INTERNAL_ERROR', status: 500, requestId: 'req_1' });
    expect(sent).toHaveLength(3);
  });

  test('with the same idempotency key and the same body each time', async () => {
    const { caller, sent, time } = callScripted(['fails', busy, succeeds({})]);
    await time.settle(caller.value(create, { product_id: 'prd_1' }));
    const [first, ...others] = sent;
    expect(first?.headers.get('idempotency-key')).toMatch(/^[0-9a-f-]{36}$/);
    for (const other of others) expect(shape(other)).toEqual(shape(first));
  });

  test('and leaves no timer behind', async () => {
    const { caller, time } = callScripted(['fails', 'hangs', succeeds({})]);
    await time.settle(caller.value(create, {}));
    expect(time.waiting()).toBe(0);
  });
});

describe('what does not pass by itself is told at once', () => {
  test.each([
    [400, 'VALIDATION_ERROR', [{ path: 'name', code: 'too_small', message: 'too short' }]],
    [401, 'INVALID_TOKEN', undefined],
    [403, 'PLAN_LIMIT_REACHED', { metric: 'licenses', limit: 100, used: 100, plan: 'starter' }],
    [404, 'RESOURCE_NOT_FOUND', undefined],
    [409, 'CONFLICT', { reason: 'version_mismatch' }],
    [422, 'A_CODE_OF_TOMORROW', undefined],
  ])('a %d with %s', async (status, code, details) => {
    const { caller, sent, time } = callScripted([refuses(status, code, details)]);
    const { error } = await time.settle(caller.value(create, {}));
    expect(error).toMatchObject({
      name: 'ThriveError',
      code,
      status,
      message: 'No.',
      details: details ?? null,
      requestId: 'req_1',
      retryable: false,
    });
    expect(sent).toHaveLength(1);
  });

  test.each([
    ['a page of somebody else', () => new Response('<h1>Log in</h1>'), 'not_the_api'],
    ['JSON of somebody else', () => Response.json({ ok: true }), 'not_the_api'],
    ['a redirect', () => Response.redirect('https://elsewhere.example/', 307), 'redirect'],
  ])('%s', async (_name, reply, reason) => {
    const { caller, sent, time } = callScripted([reply]);
    const { error } = await time.settle(caller.value(get, license));
    expect(error).toMatchObject({ code: 'UNTRUSTED_ANSWER', details: { reason } });
    expect(sent).toHaveLength(1);
  });

  test('a list that is no page', async () => {
    const { caller, time } = callScripted([succeeds([])]);
    expect((await time.settle(caller.page(list, {}))).error).toMatchObject({ code: 'UNTRUSTED_ANSWER' });
  });

  test('a stream that is no CSV', async () => {
    const { caller, time } = callScripted([() => new Response('<h1>Log in</h1>')]);
    const read = collect(caller.stream(exportAll, {}));
    expect((await time.settle(read)).error).toMatchObject({ code: 'UNTRUSTED_ANSWER' });
  });
});

describe('a call that nobody wants any more ends', () => {
  test.each([
    ['before it is sent', 0, 0],
    ['while it is sent', 1, 1],
  ])('%s', async (_name, after, tries) => {
    const { caller, sent, time } = callScripted(['hangs']);
    const controller = new AbortController();
    if (after === 0) controller.abort();
    const call = caller.value(get, license, { signal: controller.signal });
    await Promise.resolve();
    controller.abort();
    const { error, waitsMs } = await time.settle(call);
    expect(error).toMatchObject({ code: 'ABORTED' });
    expect(waitsMs).toEqual([]);
    expect(sent).toHaveLength(tries);
    expect(time.waiting()).toBe(0);
  });

  test('in the pause between two tries', async () => {
    const controller = new AbortController();
    const thenAborted = () => {
      setImmediate(() => controller.abort());
      return busy();
    };
    const { caller, sent, time } = callScripted([thenAborted]);
    const call = caller.value(get, license, { signal: controller.signal });
    await new Promise((resolve) => controller.signal.addEventListener('abort', resolve));
    expect((await time.settle(call)).error).toMatchObject({ code: 'ABORTED' });
    expect(sent).toHaveLength(1);
    expect(time.waiting()).toBe(0);
  });
});

test('no error holds the API key or a license key, even when the server repeats them', async () => {
  const secrets = ['tt_admin_secret', 'K9XQ2-SECRET'];
  const gossip = refuses(400, 'VALIDATION_ERROR', [
    { path: 'license_key', code: 'x', message: `${secrets.join(' ')} is wrong` },
  ]);
  const { caller, time } = callScripted([gossip]);
  const { error } = await time.settle(caller.value(create, { license_key: secrets[1] }));
  const told = JSON.stringify(error, Object.getOwnPropertyNames(error));
  expect(told).toContain('is wrong');
  for (const secret of secrets) expect(told).not.toContain(secret);
});

const shape = (request: { url: string; headers: Headers; body: string | null } | undefined) => ({
  url: request?.url,
  headers: [...(request?.headers ?? [])],
  body: request?.body,
});

function brokenOff(): ReadableStream {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"success":tr')),
    pull: (controller) => controller.error(new TypeError('terminated')),
  });
}
