import {
  createCustomer,
  createProduct,
  listPlans,
  listProducts,
  validateLicense,
} from '@thrivetech/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { hourMs, minuteMs, secondMs } from '../../src/platform/clock.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { type Door, eachDoor } from '../support/doors.ts';
import { countRows } from '../support/tables.ts';
import { type TestServer, useServer } from '../support/test-server.ts';

type Answers = Awaited<ReturnType<Door['call']>>[];

/** To the beginning of an hour that nobody has called in yet: counts are then exact. */
const toFreshHour = ({ clock }: TestServer) => clock.set((Math.floor(clock.now() / hourMs) + 3) * hourMs);

const shown = ({ headers }: { headers: Headers }) => ({
  limit: Number(headers.get('x-ratelimit-limit')),
  remaining: Number(headers.get('x-ratelimit-remaining')),
  reset: Number(headers.get('x-ratelimit-reset')),
});

eachDoor((openDoor) => {
  const server = useServer('sqlite', { unauthenticatedPerMinute: 20 });
  const door = openDoor(() => server.baseUrl);
  let vendor: Vendor;
  const onPlan = async (plan: Parameters<typeof createVendor>[1]) => {
    vendor = await createVendor(server, plan);
  };
  const call = (key = vendor.admin) => door.call(listPlans, {}, { key });
  const calls = async (count: number, key?: string): Promise<Answers> => {
    const answers: Answers = [];
    for (let n = 0; n < count; n++) answers.push(await call(key));
    return answers;
  };
  const statuses = (answers: Answers) => answers.map(({ status }) => status);
  const succeeded = (answers: Answers) => answers.filter(({ status }) => status === 200).length;
  beforeEach(() => toFreshHour(server));

  it('on the plan starter exactly 60 calls a minute succeed, and the 61st is told when to come again', async () => {
    await onPlan({ plan_code: 'starter' });
    const answers = await calls(60);
    expect(new Set(statuses(answers))).toEqual(new Set([200]));
    expect(answers.map((answer) => shown(answer).remaining)).toEqual(
      Array.from({ length: 60 }, (_, n) => 59 - n),
    );
    const refused = await call();
    expect([refused.status, refused.error?.code]).toEqual([429, 'RATE_LIMIT_EXCEEDED']);
    const turn = (server.clock.now() + minuteMs) / secondMs;
    expect(shown(refused)).toEqual({ limit: 60, remaining: 0, reset: turn });

    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    server.clock.advance((wait - 1) * secondMs);
    expect((await call()).status).toBe(429);
    server.clock.advance(secondMs);
    expect((await call()).status).toBe(200);
  });

  it('100 calls at once on a limit of 60 are 60 answers and 40 refusals', async () => {
    await onPlan({ plan_code: 'starter' });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        door.call(createCustomer, { email: `c${n}@example.com` }, { key: vendor.admin }),
      ),
    );
    expect(answers.filter(({ success }) => success)).toHaveLength(60);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(40);
    expect(await countRows(server, 'customers', { account_id: vendor.account_id })).toBe(60);
  });

  it('the turn of a minute does not give the limit twice', async () => {
    await onPlan({ plan_code: 'starter' });
    server.clock.advance(59 * secondMs);
    expect(succeeded(await calls(60))).toBe(60);
    server.clock.advance(2 * secondMs);
    expect(succeeded(await calls(60))).toBeLessThanOrEqual(2);
    server.clock.advance(29 * secondMs);
    expect(succeeded(await calls(60))).toBeGreaterThanOrEqual(28);
  });

  it('a caller that was silent for two minutes has its whole allowance again', async () => {
    await onPlan({ plan_code: 'starter' });
    await calls(61);
    server.clock.advance(2 * minuteMs);
    expect(succeeded(await calls(61))).toBe(60);
  });

  it('the hour counts too, and refused calls are counted in neither window', async () => {
    await onPlan({ plan_code: 'enterprise', rate_per_minute: 10, rate_per_hour: 25 });
    // Each minute 10 succeed and 20 are refused: were those counted, the hour would be used up in the first.
    expect(succeeded(await calls(30))).toBe(10);
    server.clock.advance(2 * minuteMs);
    expect(succeeded(await calls(30))).toBe(10);
    server.clock.advance(2 * minuteMs);
    const answers = await calls(10);
    expect(succeeded(answers)).toBe(5);
    const last = answers.at(-1);
    expect(last && shown(last)).toMatchObject({ limit: 25, remaining: 0 });
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(60);

    server.clock.advance(Number(last?.headers.get('retry-after')) * secondMs);
    expect((await call()).status).toBe(200);
  });

  it('the headers show the window that is closest to its end', async () => {
    await onPlan({ plan_code: 'enterprise', rate_per_minute: 10, rate_per_hour: 12 });
    expect(shown(await call())).toMatchObject({ limit: 10, remaining: 9 });
    await calls(8);
    server.clock.advance(2 * minuteMs);
    expect(shown(await call())).toMatchObject({ limit: 12, remaining: 2 });
  });

  it('admin and read-only keys share one allowance, channel keys have their own', async () => {
    await onPlan({ plan_code: 'enterprise', rate_per_minute: 4 });
    expect(succeeded([...(await calls(2)), ...(await calls(3, vendor.read_only))])).toBe(4);
    expect((await call()).status).toBe(429);
    const second = await vendor.channelKey();
    expect(statuses([...(await calls(3, vendor.channel)), ...(await calls(2, second))])).toEqual([
      200, 200, 200, 200, 429,
    ]);
  });

  it('an activation storm does not lock the vendor out', async () => {
    await onPlan({ plan_code: 'enterprise', rate_per_minute: 5 });
    const input = { license_key: 'whatever' };
    const storm = Array.from({ length: 30 }, () =>
      door.call(validateLicense, input, { key: vendor.channel }),
    );
    expect((await Promise.all(storm)).filter(({ status }) => status === 429)).toHaveLength(25);
    expect((await call()).status).toBe(200);
  });

  it('accounts do not share', async () => {
    await onPlan({ plan_code: 'enterprise', rate_per_minute: 1 });
    await calls(2);
    await onPlan({ plan_code: 'enterprise', rate_per_minute: 1 });
    expect((await call()).status).toBe(200);
  });

  it('refusals after the rate count like successes, and say how the rate stands', async () => {
    await onPlan({ plan_code: 'starter' });
    const bad = await door.call(listProducts, { limit: 0 }, { key: vendor.admin });
    expect([bad.status, shown(bad).remaining]).toEqual([400, 59]);
    const denied = await door.call(createProduct, { name: 'x' }, { key: vendor.read_only });
    expect([denied.status, shown(denied).remaining]).toEqual([403, 59]);
  });

  it.each([
    ['starter', {}, 60],
    ['growth', {}, 300],
    ['growth', { rate_per_minute: 7 }, 7],
    ['enterprise', { rate_per_minute: 1234 }, 1234],
  ])('the plan %s with the contract %j allows %i calls a minute', async (plan_code, contract, limit) => {
    await onPlan({ plan_code, ...contract });
    expect(shown(await call())).toMatchObject({ limit, remaining: limit - 1 });
  });

  it.each([
    ['starter', 1000],
    ['growth', 10_000],
  ])('the plan %s allows %i calls an hour', async (plan_code, limit) => {
    await onPlan({ plan_code, rate_per_minute: 1_000_000 });
    expect(shown(await call())).toMatchObject({ limit, remaining: limit - 1 });
  });

  describe('without a valid key', () => {
    const attempt = (key?: string) => door.call(listPlans, {}, { key });

    it('an address may try 20 times a minute, with bad keys or none', async () => {
      await onPlan({ plan_code: 'enterprise' });
      const answers: Answers = [];
      for (let n = 0; n < 22; n++) answers.push(await attempt(n % 2 ? 'tt_admin_wrong' : undefined));
      expect(answers.slice(0, 20).every(({ status }) => status === 401)).toBe(true);
      expect(answers.slice(20).map(({ error }) => error?.code)).toEqual([
        'RATE_LIMIT_EXCEEDED',
        'RATE_LIMIT_EXCEEDED',
      ]);
      expect(shown(answers[20] as Answers[0])).toMatchObject({ limit: 20, remaining: 0 });
      expect(Number(answers[20]?.headers.get('retry-after'))).toBeGreaterThan(0);

      expect((await call()).status, 'a valid key from that address').toBe(200);
      server.clock.advance(2 * minuteMs);
      expect((await attempt()).status).toBe(401);
    });
  });
});
