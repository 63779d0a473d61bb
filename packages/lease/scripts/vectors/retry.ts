import { NOW } from './kit.ts';
import type { VectorFile, VectorGroup, VectorTest } from './vector-file.ts';

/** What one try meets: an answer, or none. */
type Try =
  | { readonly failure: 'NETWORK_ERROR' | 'TIMEOUT' }
  | { readonly status: number; readonly retryAfter: string | null; readonly body: string };

const limits = {
  tryTimeoutMs: 10_000,
  triesMax: 3,
  backoffBaseMs: 500,
  backoffMaxMs: 5_000,
  retryAfterMaxMs: 15_000,
};

const answer = (status: number, body: object | string, retryAfter: string | null = null): Try => ({
  status,
  retryAfter,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const ok = answer(200, { success: true, data: {} });
const refusal = (status: number, code: string, retryAfter: string | null = null): Try =>
  answer(status, { success: false, error: { code, message: 'No.' } }, retryAfter);
const unreachable: Try = { failure: 'NETWORK_ERROR' };
const slow: Try = { failure: 'TIMEOUT' };
const busy = (retryAfter: string | null = null) => refusal(503, 'INTERNAL_ERROR', retryAfter);
const limited = (retryAfter: string | null = null) => refusal(429, 'RATE_LIMIT_EXCEEDED', retryAfter);

interface Call {
  readonly tries: readonly Try[];
  /** From 0 up to, not including, 1: the same every time it is asked for. */
  readonly random?: number;
  readonly delaysMs: readonly number[];
}

const vector = ({ tries, random = 0.5, delaysMs }: Call, flags: readonly string[]) => ({
  flags,
  input: { now: NOW, random, tries },
  expected: { tries: delaysMs.length + 1, delaysMs },
});
const succeeds = (comment: string, call: Call, ...flags: string[]): VectorTest => ({
  comment,
  ...vector(call, flags),
});
const fails =
  (error: string) =>
  (comment: string, call: Call, ...flags: string[]): VectorTest => ({
    comment,
    ...vector(call, flags),
    error,
  });
const group = (comment: string, tests: readonly VectorTest[]): VectorGroup => ({
  type: 'CallRetry',
  comment,
  ...limits,
  tests,
});

const httpDate = (second: number) => new Date(second * 1000).toUTCString();
const waits = (comment: string, retryAfter: string, delayMs: number): VectorTest =>
  succeeds(comment, { tries: [limited(retryAfter), ok], delaysMs: [delayMs] }, 'RetryAfter');
const ends = (comment: string, retryAfter: string): VectorTest =>
  fails('RATE_LIMIT_EXCEEDED')(comment, { tries: [limited(retryAfter), ok], delaysMs: [] }, 'RetryAfter');

export const retryVectors: VectorFile = {
  algorithm: 'thrive-call-retry',
  schema: 'call_retry_v1',
  header: [
    'When one of the four calls of an app is tried again, and after how long.',
    'The delay after try n is Retry-After + random * min(backoffMaxMs, backoffBaseMs * 2^(n - 1)) milliseconds.',
  ],
  notes: {
    FullJitter:
      'The whole delay is random, so that a thousand apps do not come back in one moment to a server that just got up.',
    RetryAfter:
      'Waited for when it is at most retryAfterMaxMs; else the call ends, for a user waits. What is neither seconds nor a date counts as none.',
    NoRetry: 'An answer is an answer: asking again gives the same one.',
    FakeAnswer: 'A page of something in between is no answer of the server.',
  },
  groups: [
    group('Full jitter', [
      succeeds('no retry', { tries: [ok], delaysMs: [] }),
      succeeds(
        'random 0: at once',
        { tries: [unreachable, unreachable, ok], random: 0, delaysMs: [0, 0] },
        'FullJitter',
      ),
      succeeds('random 1/2', { tries: [unreachable, unreachable, ok], delaysMs: [250, 500] }, 'FullJitter'),
      succeeds(
        'random 3/4',
        { tries: [unreachable, unreachable, ok], random: 0.75, delaysMs: [375, 750] },
        'FullJitter',
      ),
      fails('NETWORK_ERROR')(
        'three tries and no more',
        { tries: [unreachable, unreachable, unreachable, ok], delaysMs: [250, 500] },
        'FullJitter',
      ),
    ]),
    group('What is worth another try', [
      succeeds('no answer in time', { tries: [slow, ok], delaysMs: [250] }),
      ...[500, 502, 503, 504].map((status) =>
        succeeds(`${status}`, { tries: [refusal(status, 'INTERNAL_ERROR'), ok], delaysMs: [250] }),
      ),
      succeeds(
        '502 of a proxy',
        { tries: [answer(502, '<h1>Bad gateway</h1>'), ok], delaysMs: [250] },
        'FakeAnswer',
      ),
      succeeds('429', { tries: [limited(), ok], delaysMs: [250] }),
      fails('TIMEOUT')('the last failure is told', {
        tries: [unreachable, busy(), slow],
        delaysMs: [250, 500],
      }),
      fails('INTERNAL_ERROR')('a server that stays down', {
        tries: [busy(), busy(), busy()],
        delaysMs: [250, 500],
      }),
    ]),
    group('What is not', [
      ...(
        [
          [400, 'VALIDATION_ERROR'],
          [401, 'INVALID_TOKEN'],
          [403, 'LICENSE_REVOKED'],
          [404, 'RESOURCE_NOT_FOUND'],
          [409, 'DEVICE_LIMIT_REACHED'],
          [418, 'CODE_OF_A_LATER_SERVER'],
        ] as const
      ).map(([status, code]) =>
        fails(code)(`${status} ${code}`, { tries: [refusal(status, code), ok], delaysMs: [] }, 'NoRetry'),
      ),
      fails('LICENSE_SUSPENDED')(
        'an answer after a failure',
        { tries: [unreachable, refusal(403, 'LICENSE_SUSPENDED'), ok], delaysMs: [250] },
        'NoRetry',
      ),
      ...[
        ['a login page', answer(200, '<html>Welcome to our hotel</html>')],
        ['an empty answer', answer(200, '')],
        ['no envelope', answer(200, { valid: true })],
        ['a success that says it is none', answer(200, { success: false, data: {} })],
        ['a 404 that is none of ours', answer(404, 'Not found')],
        ['a redirect', answer(302, '')],
      ].map(([comment, fake]) =>
        fails('UNTRUSTED_ANSWER')(String(comment), { tries: [fake as Try, ok], delaysMs: [] }, 'FakeAnswer'),
      ),
    ]),
    group('Retry-After', [
      waits('seconds', '2', 2_250),
      waits('0 seconds', '0', 250),
      waits('the most that is waited for', '15', 15_250),
      ends('a second more', '16'),
      ends('a day', '86400'),
      waits('a date', httpDate(NOW + 10), 10_250),
      waits('a date that has passed', httpDate(NOW - 10), 250),
      ends('a date too far away', httpDate(NOW + 16)),
      waits('neither seconds nor a date', 'soon', 250),
      waits('nothing', '', 250),
      succeeds('on a 503', { tries: [busy('3'), ok], delaysMs: [3_250] }, 'RetryAfter'),
      succeeds(
        'jitter grows all the same',
        { tries: [busy('1'), limited('2'), ok], delaysMs: [1_250, 2_500] },
        'RetryAfter',
      ),
      fails('RESOURCE_NOT_FOUND')(
        'on an answer that is no "not now"',
        { tries: [refusal(404, 'RESOURCE_NOT_FOUND', '1'), ok], delaysMs: [] },
        'RetryAfter',
        'NoRetry',
      ),
    ]),
  ],
};
