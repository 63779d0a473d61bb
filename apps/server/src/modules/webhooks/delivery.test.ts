import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hourMs, minuteMs, secondMs } from '../../platform/clock.ts';
import {
  type AttemptError,
  attempted,
  attemptsMax,
  type DeliveryRecord,
  deliveryView,
  nextAttemptAt,
  type Outcome,
  requeued,
} from './delivery.ts';

const now = Date.UTC(2026, 10, 25, 12);
const fresh: DeliveryRecord = {
  id: 'whd_1',
  account_id: 'acc_1',
  endpoint_id: 'whe_1',
  event_id: 'evt_1',
  event_type: 'license.created',
  sequence: 7,
  status: 'pending',
  attempts: 0,
  due_at: now,
  last_status: null,
  last_error: null,
  created_at: now,
  updated_at: now,
};
const failed = (error: AttemptError = 'status', more: Partial<Outcome> = {}): Outcome => ({
  ...{ outcome: 'failed', status: 500, error, duration_ms: 12, response_body: 'oops', retry_after_ms: null },
  ...more,
});
const delivered: Outcome = {
  ...failed(),
  outcome: 'delivered',
  status: 204,
  error: null,
  response_body: null,
};

/** Waits after the first attempt, the second and so on (webhooks.md). */
const waits = [
  ...[5 * secondMs, 5 * minuteMs, 30 * minuteMs, 2 * hourMs, 5 * hourMs, 10 * hourMs],
  ...[14 * hourMs, 20 * hourMs, 24 * hourMs],
];
const asked = fc.option(fc.integer({ min: 0, max: 100 * hourMs }), { nil: null });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('retries', () => {
  it('wait 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, and after ten attempts there is none', () => {
    expect(attemptsMax).toBe(10);
    const planned = Array.from({ length: 11 }, (_n, attempts) =>
      nextAttemptAt(attempts, { now, random: 0.5, askedMs: null }),
    );
    expect(planned).toEqual([now, ...waits.map((wait) => now + wait), null]);
  });

  it('are spread by a fifth either way, evenly by what is random', () => {
    for (const [index, wait] of waits.entries()) {
      const waitWith = (part: number) =>
        (nextAttemptAt(index + 1, { now, random: part, askedMs: null }) ?? 0) - now;
      expect([0, 0.25, 0.5, 0.75, 1].map(waitWith)).toEqual(
        [0.8, 0.9, 1, 1.1, 1.2].map((part) => Math.round(wait * part)),
      );
    }
  });

  it('never leave those bounds, and fall on whole milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), random, (attempts, part) => {
        const wait = (nextAttemptAt(attempts, { now, random: part, askedMs: null }) ?? 0) - now;
        const planned = waits[attempts - 1] ?? 0;
        expect(Number.isSafeInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(planned * 0.8);
        expect(wait).toBeLessThanOrEqual(planned * 1.2);
      }),
    );
  });

  it('wait as long as the receiver asks, up to a day, and never less than planned', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), random, asked, (attempts, part, askedMs) => {
        const planned = (nextAttemptAt(attempts, { now, random: part, askedMs: null }) ?? 0) - now;
        const wait = (nextAttemptAt(attempts, { now, random: part, askedMs }) ?? 0) - now;
        expect(wait).toBe(Math.max(planned, Math.min(askedMs ?? 0, 24 * hourMs)));
      }),
    );
  });

  it('a receiver that asks for patience gets no eleventh attempt', () => {
    expect(nextAttemptAt(10, { now, random: 0.5, askedMs: hourMs })).toBeNull();
  });
});

describe('a delivery', () => {
  it('that arrives is done, at the first attempt and at any later one', () => {
    for (const attempts of [0, 4, 9]) {
      expect(attempted({ ...fresh, attempts }, delivered, { now: now + 5, random: 0.5 })).toEqual({
        ...{ ...fresh, attempts: attempts + 1, status: 'delivered', due_at: null },
        ...{ last_status: 204, last_error: null, updated_at: now + 5 },
      });
    }
  });

  it('that fails waits for the next attempt, and remembers why', () => {
    expect(attempted(fresh, failed('timeout', { status: null }), { now: now + 5, random: 0.5 })).toEqual({
      ...{ ...fresh, attempts: 1, status: 'pending', due_at: now + 5 + 5 * secondMs },
      ...{ last_status: null, last_error: 'timeout', updated_at: now + 5 },
    });
  });

  it.each(['address_refused', 'connection', 'dns', 'redirect', 'timeout', 'tls', 'invalid_answer'] as const)(
    'is tried as often whether it fails by %s or by a status of 500',
    (error) => {
      const roundOf = (outcome: Outcome) => {
        const states: DeliveryRecord[] = [];
        let state = fresh;
        while (state.due_at !== null) {
          state = attempted(state, outcome, { now: state.due_at, random: 0.5 });
          states.push(state);
        }
        return states.map(({ status, attempts, due_at }) => ({ status, attempts, due_at }));
      };
      expect(roundOf(failed(error, { status: null }))).toEqual(roundOf(failed()));
      expect(roundOf(failed(error))).toHaveLength(10);
      expect(roundOf(failed(error)).at(-1)).toEqual({ status: 'failed', attempts: 10, due_at: null });
    },
  );

  it('is given up after three and a half days, give or take', () => {
    let state = fresh;
    while (state.due_at !== null) state = attempted(state, failed(), { now: state.due_at, random: 0.5 });
    expect(state.updated_at - now).toBe(waits.reduce((sum, wait) => sum + wait, 0));
    expect((state.updated_at - now) / hourMs).toBeCloseTo(75.6, 0);
  });

  it('is retried when the receiver says so, not when its own plan would', () => {
    const patient = attempted(fresh, failed('status', { status: 503, retry_after_ms: hourMs }), {
      now,
      random: 0.5,
    });
    expect(patient).toMatchObject({ status: 'pending', last_status: 503, due_at: now + hourMs });
  });

  it('that is sent again begins a full round at once, whatever became of it', () => {
    for (const status of ['delivered', 'failed', 'canceled', 'pending'] as const) {
      const ended: DeliveryRecord = {
        ...fresh,
        status,
        attempts: 10,
        due_at: null,
        last_status: 500,
        last_error: 'status',
      };
      expect(requeued(ended, now + 9)).toEqual({
        ...{ ...fresh, status: 'pending', attempts: 0, due_at: now + 9, updated_at: now + 9 },
        ...{ last_status: 500, last_error: 'status' },
      });
    }
  });

  it('is shown without the account and with times as the wire has them', () => {
    expect(
      deliveryView({
        ...fresh,
        attempts: 1,
        due_at: now + 5 * secondMs,
        last_status: 500,
        last_error: 'status',
      }),
    ).toEqual({
      ...{ id: 'whd_1', endpoint_id: 'whe_1', event_id: 'evt_1', event_type: 'license.created', sequence: 7 },
      ...{ status: 'pending', attempts: 1, next_attempt_at: '2026-11-25T12:00:05.000Z' },
      ...{ last_status: 500, last_error: 'status' },
      ...{ created_at: '2026-11-25T12:00:00.000Z', updated_at: '2026-11-25T12:00:00.000Z' },
    });
    expect(deliveryView({ ...fresh, status: 'delivered', due_at: null }).next_attempt_at).toBeNull();
  });
});
