import { describe, expect, it } from 'vitest';
import { ThriveError } from '../errors.ts';
import { createHttp, type HttpRequest } from './http.ts';
import { createManualClock, settled } from './manual-clock.fixtures.ts';
import { readAnswer } from './read-answer.ts';

const request: HttpRequest = {
  method: 'POST',
  path: '/api/v1/activate',
  body: { license_key: 'SECRET-LICENSE-KEY' },
};
const ok = (data: unknown = {}) => Response.json({ success: true, data, meta: { request_id: 'req_1' } });
const failed = (status: number, code: string, more: object = {}, headers: Record<string, string> = {}) =>
  Response.json(
    { success: false, error: { code, message: 'No.', ...more }, meta: { request_id: 'req_1' } },
    { status, headers },
  );
const page = (status: number) => new Response('<html>Please log in</html>', { status });
const unreachable = () => Promise.reject(new TypeError('fetch failed'));

/** Answers in the given order, the last one again and again. */
function setup(answers: readonly ((init: RequestInit) => Response | Promise<Response>)[], random = 0) {
  const clock = createManualClock(1_800_000_000_000);
  const sentAt: number[] = [];
  const http = createHttp({
    baseUrl: 'https://licenses.example',
    apiKey: 'tt_chan_SECRET',
    clock,
    random: () => random,
    fetch: async (_url, init = {}) => {
      sentAt.push(clock.now() - 1_800_000_000_000);
      const answer = answers[Math.min(sentAt.length, answers.length) - 1];
      if (!answer) throw new Error('no answer');
      return answer(init);
    },
  });
  const send = async (signal?: AbortSignal) => {
    const sent = http({ ...request, signal }, readAnswer).catch((error: ThriveError) => error);
    await clock.advance(120_000);
    return sent;
  };
  return { send, http, clock, sentAt };
}

describe('a request', () => {
  it('gives the data of the answer, and leaves no timer behind', async () => {
    const { send, clock, sentAt } = setup([() => ok({ result: 'activated' })]);
    expect(await send()).toEqual({ result: 'activated' });
    expect(sentAt).toEqual([0]);
    expect(clock.timers).toEqual([]);
  });

  it('carries the keys to no other host: a redirect is not followed', async () => {
    let seen: RequestInit = {};
    await setup([
      (init) => {
        seen = init;
        return ok();
      },
    ]).send();
    expect(seen).toMatchObject({ redirect: 'error', credentials: 'omit', cache: 'no-store' });
  });

  it.each([
    ['no network', unreachable, 'NETWORK_ERROR'],
    ['a server error', () => failed(500, 'INTERNAL_ERROR'), 'INTERNAL_ERROR'],
    ['the error page of a proxy', () => page(502), 'INTERNAL_ERROR'],
    ['a 429 without our envelope', () => page(429), 'RATE_LIMIT_EXCEEDED'],
  ])('is tried three times against %s', async (_case, answer, code) => {
    const { send, sentAt, clock } = setup([answer], 0.5);
    expect(await send()).toMatchObject({ code, retryable: true });
    expect(sentAt).toEqual([0, 250, 750]);
    expect(clock.timers).toEqual([]);
  });

  it('waits somewhere between nothing and twice as long each time', async () => {
    for (const random of [0, 0.999]) {
      const { send, sentAt } = setup([unreachable], random);
      await send();
      expect(sentAt).toEqual([
        0,
        Math.round(random * 500),
        Math.round(random * 500) + Math.round(random * 1000),
      ]);
    }
  });

  it('gives each try ten seconds, also when `fetch` does not heed its signal', async () => {
    const { send, sentAt } = setup([() => new Promise<Response>(() => {})]);
    expect(await send()).toMatchObject({ code: 'TIMEOUT', retryable: true });
    expect(sentAt).toEqual([0, 10_000, 20_000]);
  });

  it('times the body as well: an answer that drips for ever is none', async () => {
    const drip = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
    expect(await setup([drip]).send()).toMatchObject({ code: 'TIMEOUT' });
  });

  it('reads no more than a megabyte', async () => {
    const endless = () =>
      new Response(
        new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(100_000).fill(65)) }),
      );
    const { send, sentAt } = setup([endless]);
    expect(await send()).toMatchObject({ code: 'UNTRUSTED_ANSWER', details: { reason: 'too_large' } });
    expect(sentAt).toHaveLength(1);
  });

  it('heeds Retry-After, in seconds and as a date', async () => {
    const asDate = new Date(1_800_000_000_000 + 7_000).toUTCString();
    for (const [header, waitedMs] of [
      ['3', 3_000],
      [asDate, 7_000],
    ] as const) {
      const { send, sentAt } = setup([
        () => failed(429, 'RATE_LIMIT_EXCEEDED', {}, { 'retry-after': header }),
        () => ok(),
      ]);
      expect(await send()).toEqual({});
      expect(sentAt).toEqual([0, waitedMs]);
    }
  });

  it('leaves a long Retry-After to the next refresh, and believes six hours at most', async () => {
    for (const [header, retryAfterMs] of [
      ['60', 60_000],
      ['999999999', 6 * 3_600_000],
    ] as const) {
      const { send, sentAt } = setup([
        () => failed(429, 'RATE_LIMIT_EXCEEDED', {}, { 'retry-after': header }),
      ]);
      expect(await send()).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', retryAfterMs });
      expect(sentAt).toEqual([0]);
    }
  });

  it.each([
    [
      'a refusal',
      () => failed(409, 'DEVICE_LIMIT_REACHED', { details: { limit: 3, used: 3 } }),
      {
        code: 'DEVICE_LIMIT_REACHED',
        details: { limit: 3, used: 3 },
        status: 409,
        requestId: 'req_1',
        retryable: false,
      },
    ],
    [
      'a code of a later server',
      () => failed(403, 'MOON_NOT_FULL'),
      { code: 'MOON_NOT_FULL', retryable: false },
    ],
    ['the login page of a hotel', () => page(200), { code: 'UNTRUSTED_ANSWER', retryable: true }],
    ['a 404 that is not ours', () => page(404), { code: 'UNTRUSTED_ANSWER' }],
    ['JSON that is not ours', () => Response.json({ ok: true }), { code: 'UNTRUSTED_ANSWER' }],
    [
      'a success that claims to be an error',
      () => failed(200, 'LICENSE_REVOKED'),
      { code: 'UNTRUSTED_ANSWER' },
    ],
  ])('is not repeated after %s', async (_case, answer, expected) => {
    const { send, sentAt } = setup([answer]);
    expect(await send()).toMatchObject(expected);
    expect(sentAt).toHaveLength(1);
  });

  it('ends at once when it is aborted: while it is sent, and while it waits', async () => {
    for (const answer of [() => new Promise<Response>(() => {}), unreachable]) {
      const { http, clock, sentAt } = setup([answer], 0.9);
      const aborter = new AbortController();
      const sent = http({ ...request, signal: aborter.signal }, readAnswer).catch((error: unknown) => error);
      await settled();
      aborter.abort();
      expect(await sent).toMatchObject({ code: 'ABORTED' });
      expect(clock.timers).toEqual([]);
      expect(sentAt).toHaveLength(1);
    }
  });

  it('never puts a key into an error, also when the server echoes it', async () => {
    const echo = (init: RequestInit) =>
      failed(400, 'VALIDATION_ERROR', {
        message: `bad: ${init.body}`,
        details: [{ value: String(init.body) }, new Headers(init.headers).get('authorization')],
      });
    const error = (await setup([echo]).send()) as ThriveError;
    expect(error).toBeInstanceOf(ThriveError);
    const said = [error.message, error.stack, JSON.stringify(error), JSON.stringify(error.details)].join();
    expect(said).toContain('•••');
    expect(said).not.toMatch(/SECRET/);
  });
});
