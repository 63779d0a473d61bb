import { licenseTypes } from '@thrivetech/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeviceRecord, type LicenseRecord, licenseState } from '../../modules/licenses/index.ts';
import { newProduct } from '../../modules/products/index.ts';
import { createNewId } from '../../platform/ids.ts';
import { type Chapter, createChronicle } from './chronicle.ts';
import { personAt } from './names.ts';
import { beginOf, planLives } from './plan-lives.ts';
import { demoProducts } from './products.ts';
import { seededRandom } from './random.ts';
import type { Outcome } from './stories.ts';

const now = Date.UTC(2026, 10, 25, 12);
const lives = (seed: number, count: number) => [...planLives({ seed, count, now })];
const seeds = fc.integer({ min: 0, max: 999_999_999_999 });

const newId = createNewId();
const account_id = newId('account', now);
const products = new Map(
  demoProducts.map((product) => [
    product,
    newProduct(product, { id: newId('product', now), account_id, now: beginOf(now) }),
  ]),
);
const licenseKeys = {
  issue: (id: string) => ({ key: id, key_hash: id, key_sealed: id, key_last_four: id.slice(-4) }),
  hash: (typed: string) => typed,
  reveal: ({ key_sealed }: { key_sealed: string }) => key_sealed,
};

/** The rows of so many licenses. */
function rowsOf(seed: number, count: number): Chapter {
  const vendor = { account_id, adminKeyId: newId('api_key', now), products };
  const chronicle = createChronicle({ newId, licenseKeys }, vendor);
  for (const life of planLives({ seed, count, now })) chronicle.add(life);
  return chronicle.take();
}

const isActive = ({ deactivated_at }: DeviceRecord) => deactivated_at === null;
const devicesOf = ({ devices }: Chapter, { id }: LicenseRecord) =>
  devices.filter(({ license_id }) => license_id === id);

describe('the lives of demo licenses', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(lives(7, 300)).toEqual(lives(7, 300));
    expect(lives(7, 300)).not.toEqual(lives(8, 300));
  });

  it('lie in the last 24 months, in the order of time, and end before now', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 400 }), (seed, count) => {
        let before = beginOf(now);
        let counted = 0;
        for (const { created_at, buyer, turns } of planLives({ seed, count, now })) {
          expect(created_at).toBeGreaterThanOrEqual(before);
          expect(buyer?.created_at ?? 0).toBeLessThan(created_at);
          const times = [created_at, ...turns.map(({ at }) => at), now];
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          expect(times.every(Number.isSafeInteger)).toBe(true);
          before = created_at;
          counted += 1;
        }
        expect(counted).toBe(count);
      }),
      { numRuns: 10 },
    );
  });

  it('show every type and every outcome, however few the licenses are beyond thirty', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 30, max: 350 }), (seed, count) => {
        const made = lives(seed, count);
        expect(new Set(made.map(({ story }) => story.type))).toEqual(new Set(licenseTypes));
        expect(new Set(made.map(({ story }) => story.outcome))).toEqual(new Set(Object.keys(states)));
        expect(made.some(({ story }) => story.type === 'trial' && story.outcome === 'running')).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('name people whose addresses can reach nobody and are never given twice', () => {
    const addresses = Array.from({ length: 50_000 }, (_person, index) => personAt(index).email);
    expect(addresses.filter((email) => !/^[a-z]+\.[a-z]+\d*@example\.(com|org|net)$/.test(email))).toEqual(
      [],
    );
    expect(new Set(addresses).size).toBe(addresses.length);
  });
});

const states: Record<Outcome, string> = {
  running: 'active',
  grace: 'grace',
  expired: 'expired',
  suspended: 'suspended',
  revoked: 'revoked',
  not_started: 'not_started',
};

describe('the rows of demo licenses', () => {
  it('stand as their stories want it', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { licenses } = rowsOf(seed, 250);
        expect(licenses.map((license) => licenseState(license, now))).toEqual(
          lives(seed, 250).map(({ story }) => states[story.outcome]),
        );
      }),
      { numRuns: 10 },
    );
  });

  it('count their seats right, within the limit, and give no seat and no machine twice', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const rows = rowsOf(seed, 250);
        for (const license of rows.licenses) {
          const active = devicesOf(rows, license).filter(isActive);
          expect(license.devices_used).toBe(active.length);
          expect(active.length).toBeLessThanOrEqual(license.device_limit);
          expect(new Set(active.map(({ seat }) => seat)).size).toBe(active.length);
          for (const { seat } of active) expect(seat).toBeLessThanOrEqual(license.device_limit);
        }
        const fingerprints = rows.devices.map(({ fingerprint }) => fingerprint);
        expect(new Set(fingerprints).size).toBe(fingerprints.length);
      }),
      { numRuns: 10 },
    );
  });

  it('have licenses at their limit, floating seats that are held, and floating seats that have lapsed', () => {
    const rows = rowsOf(1, 200);
    expect(rows.licenses.some(({ devices_used, device_limit }) => devices_used === device_limit)).toBe(true);
    const floating = rows.devices.filter((device) => isActive(device) && device.seat_expires_at !== null);
    expect(floating.some(({ seat_expires_at }) => (seat_expires_at ?? 0) > now)).toBe(true);
    expect(floating.some(({ seat_expires_at }) => (seat_expires_at ?? now) <= now)).toBe(true);
  });

  it('let no machine be seen outside its stay, or after its license stopped working', () => {
    const rows = rowsOf(3, 500);
    for (const license of rows.licenses) {
      const end = Math.min(license.revoked_at ?? now, license.suspended_at ?? now, now);
      for (const { activated_at, last_seen_at, deactivated_at } of devicesOf(rows, license)) {
        expect(activated_at).toBeGreaterThanOrEqual(license.starts_at);
        expect(last_seen_at).toBeGreaterThanOrEqual(activated_at);
        expect(last_seen_at).toBeLessThanOrEqual(Math.min(deactivated_at ?? now, end));
      }
    }
  });

  it('leave one event for each license, each seat taken or freed and each end, in the order of time', () => {
    const { licenses, devices, events } = rowsOf(5, 500);
    const told = (type: string) => events.filter((event) => event.type === type).map(({ data }) => data);
    const ids = (data: ReturnType<typeof told>, field: 'license_id' | 'device_id') =>
      data.map((of) => (of as Record<string, unknown>)[field]).sort();
    expect(ids(told('license.created'), 'license_id')).toEqual(licenses.map(({ id }) => id).sort());
    expect(ids(told('license.activated'), 'device_id')).toEqual(devices.map(({ id }) => id).sort());
    const ended = devices.filter((device) => !isActive(device)).map(({ id }) => id);
    expect(ids(told('license.deactivated'), 'device_id')).toEqual(ended.sort());
    const revoked = licenses.filter(({ revoked_at }) => revoked_at !== null).map(({ id }) => id);
    expect(ids(told('license.revoked'), 'license_id')).toEqual(revoked.sort());
    const expired = licenses.filter((license) => licenseState(license, now) === 'expired');
    expect(ids(told('license.expired'), 'license_id')).toEqual(expired.map(({ id }) => id).sort());
    expect(events.map((event) => event.now)).toEqual(
      events.map((event) => event.now).toSorted((a, b) => a - b),
    );
  });

  it('are numbered by changes: the audit log has one entry for each version of a license after the first', () => {
    const { licenses, audit } = rowsOf(6, 500);
    for (const { id, version, type, updated_at } of licenses) {
      const entries = audit.filter(({ change }) => change.target_id === id);
      expect(entries.length).toBe(type === 'trial' ? version - 1 : version);
      if (version > 1) expect(entries.at(-1)?.request.now).toBe(updated_at);
    }
  });
});

it('chance can be repeated, and streams of different purpose have nothing in common', () => {
  const draw = (seed: number, purpose: string) => {
    const random = seededRandom(seed, purpose);
    return Array.from({ length: 1_000 }, () => random.next());
  };
  expect(draw(1, 'a')).toEqual(draw(1, 'a'));
  expect(new Set([...draw(1, 'a'), ...draw(1, 'b'), ...draw(2, 'a')]).size).toBe(3_000);
  fc.assert(
    fc.property(seeds, (seed) => {
      const mean = draw(seed, 'mean').reduce((sum, value) => sum + value, 0) / 1_000;
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.06);
    }),
  );
});
