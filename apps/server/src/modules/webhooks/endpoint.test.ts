import { webhookEndpoint } from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dayMs, hourMs } from '../../platform/clock.ts';
import {
  changed,
  disabled,
  type EndpointRecord,
  enabled,
  endpointView,
  type Findings,
  judged,
} from './endpoint.ts';

const now = Date.UTC(2026, 10, 25, 12);
const endpoint: EndpointRecord = {
  id: 'whe_1',
  account_id: 'acc_1',
  url: 'https://hooks.example.com/thrive',
  events: ['license.*'],
  description: null,
  ordered: false,
  enabled: true,
  disabled_reason: null,
  failing_since: null,
  secret_sealed: 'sealed-present',
  previous_secret_sealed: 'sealed-former',
  previous_secret_until: null,
  after_sequence: 41,
  created_at: now - dayMs,
  updated_at: now - dayMs,
  version: 3,
};
const nothing: Findings = { hasDelivered: false, hasFailed: false, isGone: false };
const failure: Findings = { ...nothing, hasFailed: true };
const success: Findings = { ...nothing, hasDelivered: true };
const mixed: Findings = { ...failure, hasDelivered: true };
const failingFor = (ms: number): EndpointRecord => ({ ...endpoint, failing_since: now - ms });

describe('an endpoint at which everything fails', () => {
  it('notes when that began, once, and that is no new version', () => {
    expect(judged(endpoint, failure, now)).toEqual({ ...endpoint, failing_since: now });
    const failing = failingFor(hourMs);
    expect(judged(failing, failure, now)).toBe(failing);
  });

  it('is disabled after five days of it, and not a millisecond before', () => {
    const nearly = failingFor(5 * dayMs - 1);
    expect(judged(nearly, failure, now)).toBe(nearly);
    const failing = failingFor(5 * dayMs);
    expect(judged(failing, failure, now)).toEqual({
      ...failing,
      ...{ enabled: false, disabled_reason: 'failing', updated_at: now, version: 4 },
    });
  });

  it('is not disabled by time alone: the newest attempt must fail too', () => {
    const failing = failingFor(6 * dayMs);
    expect(judged(failing, nothing, now)).toBe(failing);
  });

  it('gets five days again as soon as one delivery arrives, also among others that fail', () => {
    for (const found of [success, mixed]) {
      expect(judged(failingFor(6 * dayMs), found, now)).toEqual({ ...endpoint, failing_since: null });
      expect(judged(endpoint, found, now)).toBe(endpoint);
    }
    const again = judged(judged(failingFor(4 * dayMs), success, now), failure, now + 1);
    expect(judged(again, failure, now + 5 * dayMs).enabled).toBe(true);
    expect(judged(again, failure, now + 5 * dayMs + 1).enabled).toBe(false);
  });

  it('gets five days again when somebody enables it', () => {
    const off = judged(failingFor(5 * dayMs), failure, now);
    expect(enabled(off, now + hourMs)).toEqual({
      ...endpoint,
      ...{ enabled: true, disabled_reason: null, failing_since: null, updated_at: now + hourMs, version: 5 },
    });
  });
});

describe('an endpoint that answers 410', () => {
  it('is disabled at once, even if another delivery arrived with it', () => {
    for (const found of [
      { ...failure, isGone: true },
      { ...mixed, isGone: true },
    ]) {
      expect(judged(endpoint, found, now)).toEqual({
        ...endpoint,
        ...{ enabled: false, disabled_reason: 'gone', updated_at: now, version: 4 },
      });
    }
  });
});

describe('a change', () => {
  it('is the next version, at the time it is made', () => {
    expect(changed(endpoint, { description: 'Shop' }, now)).toEqual({
      ...endpoint,
      ...{ description: 'Shop', updated_at: now, version: 4 },
    });
  });

  it('says who disabled it', () => {
    expect(disabled(endpoint, 'manual', now)).toMatchObject({ enabled: false, disabled_reason: 'manual' });
  });
});

describe('what is shown of an endpoint', () => {
  it('is what the contract promises, and neither a secret nor where it came from', () => {
    const view = endpointView({ ...endpoint, previous_secret_until: now + hourMs, failing_since: now }, now);
    expect(z.strictObject(webhookEndpoint.shape).parse(view)).toEqual(view);
    expect(JSON.stringify(view)).not.toMatch(/sealed|acc_1/);
  });

  it('tells of the former secret only while it still signs', () => {
    const untilOf = (previous_secret_until: number | null) =>
      endpointView({ ...endpoint, previous_secret_until }, now).previous_secret_until;
    expect(untilOf(null)).toBeNull();
    expect(untilOf(now)).toBeNull();
    expect(untilOf(now - 1)).toBeNull();
    expect(untilOf(now + 1)).toBe('2026-11-25T12:00:00.001Z');
  });

  it('is a copy: nobody changes the filter of events through it', () => {
    const view = endpointView(endpoint, now);
    view.events.push('*');
    expect(endpoint.events).toEqual(['license.*']);
  });
});
