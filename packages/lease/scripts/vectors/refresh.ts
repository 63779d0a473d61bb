import { DAY, NOW } from './kit.ts';
import type { VectorFile, VectorGroup, VectorTest } from './vector-file.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Failed {
  readonly failures: number;
  readonly random?: number;
  readonly retryAfterMs?: number;
  readonly leftMs?: number;
}

const wait = (comment: string, failed: Failed, delayMs: number, ...flags: string[]): VectorTest => ({
  comment,
  flags,
  input: { random: 0, retryAfterMs: 0, leftMs: 0, ...failed },
  expected: { delayMs },
});
const due = (
  comment: string,
  lease: { iat?: number; refresh: number },
  jitter: number,
  dueAtMs: number,
): VectorTest => ({
  comment,
  input: { iat: NOW, ...lease, jitter },
  expected: { dueAtMs },
});
const group = (type: string, comment: string, tests: readonly VectorTest[]): VectorGroup => ({
  type,
  comment,
  tests,
});

const doubling = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export const refreshVectors: VectorFile = {
  algorithm: 'thrive-refresh-schedule',
  schema: 'refresh_schedule_v1',
  header: [
    'When an app asks for its next lease, and when it asks again after that brought none. Milliseconds, except where said.',
    'Due at (iat + refresh * (1 + jitter / 10)) * 1000. After n failures: min(6 h, 1 min * 2^(n - 1)) * (1 - random / 2),',
    'at most half of what the lease still runs (but 15 s), at least what the server asked for, at most 6 h.',
  ],
  notes: {
    Jitter: 'Machines that were all set up on one morning must not all come at once.',
    ShortLease: 'A lease of ten minutes must not end between two tries.',
    RetryAfter: 'The server may ask to be left alone, but not for ever: a fake one could silence an app.',
  },
  groups: [
    group('RefreshDue', 'When a lease is due: iat and refresh in seconds', [
      due('no jitter', { refresh: 7 * DAY }, 0, (NOW + 7 * DAY) * 1000),
      due('half of the jitter', { refresh: 7 * DAY }, 0.5, (NOW + 7 * DAY) * 1000 + 30_240_000),
      due('all of the jitter', { refresh: 7 * DAY }, 1, (NOW + 7 * DAY) * 1000 + 60_480_000),
      due('a lease of ten minutes', { refresh: 300 }, 0.5, (NOW + 315) * 1000),
      due('at once', { refresh: 0 }, 1, NOW * 1000),
    ]),
    group('RefreshBackoff', 'After so many failures, of a lease that grants nothing any more', [
      ...doubling.map((minutes, index) =>
        wait(`${index + 1}, random 0`, { failures: index + 1 }, minutes * MINUTE, 'Jitter'),
      ),
      wait('10: the longest', { failures: 10 }, 6 * HOUR),
      wait('1000: the longest', { failures: 1000 }, 6 * HOUR),
      wait('2000: a power too large for a double', { failures: 2000 }, 6 * HOUR),
      wait('1, random 1/2', { failures: 1, random: 0.5 }, 45_000, 'Jitter'),
      wait('1, random 1', { failures: 1, random: 1 }, 30_000, 'Jitter'),
      wait('10, random 1', { failures: 10, random: 1 }, 3 * HOUR, 'Jitter'),
    ]),
    group('RefreshBackoff', 'While the lease still runs', [
      wait('a long lease changes nothing', { failures: 3, leftMs: 7 * DAY * 1000 }, 4 * MINUTE),
      wait('five minutes left', { failures: 10, leftMs: 5 * MINUTE }, 150_000, 'ShortLease'),
      wait('the shortest', { failures: 10, leftMs: 20_000 }, 15_000, 'ShortLease'),
      wait('a second left', { failures: 10, leftMs: 1_000 }, 15_000, 'ShortLease'),
      wait('longer than the delay would be', { failures: 1, leftMs: 4 * MINUTE }, MINUTE, 'ShortLease'),
    ]),
    group('RefreshBackoff', 'When the server asks for time', [
      wait('more than the delay', { failures: 1, retryAfterMs: 10 * MINUTE }, 10 * MINUTE, 'RetryAfter'),
      wait('less than the delay', { failures: 3, retryAfterMs: MINUTE }, 4 * MINUTE, 'RetryAfter'),
      wait('the longest', { failures: 1, retryAfterMs: 6 * HOUR }, 6 * HOUR, 'RetryAfter'),
      wait('too much', { failures: 1, retryAfterMs: 24 * HOUR }, 6 * HOUR, 'RetryAfter'),
      wait(
        'more than the lease runs',
        { failures: 1, retryAfterMs: 10 * MINUTE, leftMs: MINUTE },
        10 * MINUTE,
        'RetryAfter',
        'ShortLease',
      ),
    ]),
  ],
};
