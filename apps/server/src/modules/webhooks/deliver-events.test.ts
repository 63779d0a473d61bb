import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dayMs, minuteMs, secondMs } from '../../platform/clock.ts';
import type { JobRunner } from '../../platform/jobs/job-runner.ts';
import { deleteEndpoint } from './delete-endpoint.ts';
import { delivered, failing, openWorld, type World } from './deliveries.fixtures.ts';
import { rotateSecret } from './rotate-secret.ts';
import { updateEndpoint } from './update-endpoint.ts';

vi.setConfig({ testTimeout: 20_000 });
const patiently = { timeout: 10_000, interval: 5 };

let world: World;
let runner: JobRunner;
beforeEach(async () => {
  world = await openWorld();
  runner = world.runner();
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
  vi.restoreAllMocks();
});

/** Time passes that no test waits for: outcomes are kept back for a moment, to be written together. */
function letMomentsPass(ms: number): void {
  const real = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => real() + ms);
}
/** Whatever can begin without an answer from outside has begun. */
async function settle(): Promise<void> {
  for (let n = 0; n < 50; n++) await nextTurn();
}
const sequences = (url: string) =>
  world.receivers.sent.filter((request) => request.url === url).map(({ sequence }) => sequence);
const states = async (endpoint_id: string) =>
  (await world.deliveries(endpoint_id)).map(({ status, attempts }) => `${status} ${attempts}`);
const holdAll = () => world.receivers.answerBy(() => null);
const waitFor = (url: string, count: number) =>
  expect.poll(() => world.receivers.waiting(url).length, patiently).toBe(count);
const answerAll = (url: string) => {
  for (const request of world.receivers.waiting(url)) request.answer();
};
const range = (count: number) => Array.from({ length: count }, (_n, index) => index + 1);

describe('an endpoint', () => {
  it('has never more than four requests in flight, and always four while there is more to send', async () => {
    const { id, url } = await world.endpoint();
    await world.publish(20);
    holdAll();
    const run = runner.runDue();
    for (let answered = 0; answered < 20; answered++) {
      const inFlight = Math.min(4, 20 - answered);
      await waitFor(url, inFlight);
      await settle();
      expect(world.receivers.waiting(url)).toHaveLength(inFlight);
      world.receivers.waiting(url).at(-1)?.answer();
    }
    await run;
    expect(world.receivers.mostAtOnce(url)).toBe(4);
    expect(await states(id)).toEqual(Array(20).fill('delivered 1'));
    expect(await world.job(id)).toBeUndefined();
  });

  it('has no more of them when several processes deliver', async () => {
    const { id, url } = await world.endpoint();
    await world.publish(150);
    const others = [world.runner(), world.runner()];
    await Promise.all([runner, ...others].map((each) => each.runDue()));
    expect(world.receivers.mostAtOnce(url)).toBe(4);
    expect(sequences(url).sort((a, b) => a - b)).toEqual(range(150));
    expect(await states(id)).toEqual(Array(150).fill('delivered 1'));
  });

  it('that sleeps holds back no other', async () => {
    const sleeping = await world.endpoint();
    const others = await Promise.all(range(3).map(() => world.endpoint()));
    world.receivers.answerBy(({ url }) => (url === sleeping.url ? null : delivered));
    runner.start();
    await world.publish(10);
    await waitFor(sleeping.url, 4);
    // What happens while it sleeps reaches the others, too.
    await world.publish(5);
    for (const { url } of others) await expect.poll(() => sequences(url), patiently).toHaveLength(15);
    await settle();
    expect(sequences(sleeping.url)).toHaveLength(4);
  });

  it('gets the events of its filter only, and none from before it was there', async () => {
    await world.publish(3);
    const { url } = await world.endpoint({ events: ['license.*'] });
    await world.publish(2);
    await runner.runDue();
    expect(sequences(url)).toEqual([4, 5]);
  });
});

describe('a delivery', () => {
  it('that failed is sent again when it is due: the same bytes, the same id, signed anew', async () => {
    const { id, url } = await world.endpoint();
    await world.publish(1);
    world.receivers.answerBy(() => failing(503));
    await runner.runDue();
    expect(await world.deliveries(id)).toMatchObject([
      { status: 'pending', attempts: 1, due_at: world.clock.now() + 5 * secondMs, last_status: 503 },
    ]);
    world.advance(5 * secondMs - 1);
    await runner.runDue();
    expect(sequences(url)).toHaveLength(1);
    world.advance(1);
    world.receivers.answerBy(() => ({ ...delivered, status: 204 }));
    await runner.runDue();

    const [first, second] = world.receivers.sent;
    if (!first || !second) throw new Error('There were no two attempts.');
    expect(second.body).toBe(first.body);
    expect(first.body).toBe((await world.db('events').first('body')).body);
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect([first, second].map(({ headers }) => headers['x-webhook-attempt'])).toEqual(['1', '2']);
    expect(Number(second.headers['webhook-timestamp']) - Number(first.headers['webhook-timestamp'])).toBe(5);
    expect(second.headers['webhook-signature']).not.toBe(first.headers['webhook-signature']);

    expect(await states(id)).toEqual(['delivered 2']);
    expect(await world.db('webhook_attempts').orderBy('number')).toMatchObject([
      {
        number: 1,
        outcome: 'failed',
        status: 503,
        error: 'status',
        started_at: first.sentAt,
        response_body: 'no',
      },
      { number: 2, outcome: 'delivered', status: 204, error: null, started_at: second.sentAt },
    ]);
    expect(await world.job(id)).toBeUndefined();
  });

  it('is tried ten times, then has failed, and is not tried again', async () => {
    const { id, url } = await world.endpoint();
    await world.publish(1);
    world.receivers.answerBy(() => failing());
    const begun = world.clock.now();
    await runner.runDue();
    for (let job = await world.job(id); job; job = await world.job(id)) {
      world.advance(job.run_at - world.clock.now());
      await runner.runDue();
    }
    expect(sequences(url)).toHaveLength(10);
    expect((world.clock.now() - begun) / dayMs).toBeCloseTo(3.15, 2);
    expect(await states(id)).toEqual(['failed 10']);
    expect(await world.db('webhook_attempts')).toHaveLength(10);
  });
});

describe('outcomes', () => {
  it('are written many at a time', async () => {
    const { id } = await world.endpoint();
    await world.publish(256);
    world.receivers.answerBy(({ sequence }) => {
      if (sequence === 10) letMomentsPass(200);
      return delivered;
    });
    await runner.runDue();
    expect(await states(id)).toEqual(Array(256).fill('delivered 1'));
    expect(world.transactions()).toBeLessThanOrEqual(256 / 16);
  });

  it('are not kept back by a request that sleeps', async () => {
    const { id, url } = await world.endpoint();
    await world.publish(6);
    holdAll();
    const run = runner.runDue();
    const written = async () => (await states(id)).filter((state) => state === 'delivered 1').length;
    // The second comes so soon after the first that it waits for others, of which there are none.
    for (const answered of [1, 2]) {
      await waitFor(url, 4);
      world.receivers.waiting(url)[0]?.answer();
      await expect.poll(written, patiently).toBe(answered);
    }
    expect(world.receivers.waiting(url)).toHaveLength(4);
    answerAll(url);
    await run;
  });

  it('of a worker that was thought dead do not count: the state has moved on', async () => {
    const { id, url } = await world.endpoint();
    await world.publish(1);
    holdAll();
    const run = runner.runDue();
    await waitFor(url, 1);
    const another = { status: 'delivered', attempts: 2, due_at: null, last_status: 204 };
    await world.core.connections.write('webhook_deliveries').update(another);
    world.receivers.waiting(url)[0]?.answer(failing());
    await run;
    expect(await world.deliveries(id)).toMatchObject([another]);
    expect(await world.db('webhook_endpoints').first()).toMatchObject({ failing_since: null });
  });
});

describe('in order', () => {
  it('one is sent at a time, in the order of events', async () => {
    const { id, url } = await world.endpoint({ ordered: true });
    await world.publish(100);
    await runner.runDue();
    expect(world.receivers.mostAtOnce(url)).toBe(1);
    expect(sequences(url)).toEqual(range(100));
    expect(await states(id)).toEqual(Array(100).fill('delivered 1'));
  });

  it('one that hangs is not begun a second time, however often the worker looks again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { url } = await world.endpoint({ ordered: true });
    await world.publish(3);
    holdAll();
    const run = runner.runDue();
    await waitFor(url, 1);
    for (let looks = 0; looks < 10; looks++) {
      await vi.advanceTimersByTimeAsync(500);
      await settle();
    }
    expect(sequences(url)).toEqual([1]);
    world.receivers.answerBy(() => delivered);
    answerAll(url);
    await run;
    expect(sequences(url)).toEqual([1, 2, 3]);
  });

  it('a younger event waits for an older one that fails, and follows it at once', async () => {
    const { url } = await world.endpoint({ ordered: true });
    await world.publish(3);
    world.receivers.answerBy(() => failing());
    await runner.runDue();
    expect(sequences(url)).toEqual([1]);
    world.receivers.answerBy(() => delivered);
    world.advance(5 * secondMs);
    await runner.runDue();
    expect(sequences(url)).toEqual([1, 1, 2, 3]);
  });

  it('but for a minute at most: then it goes first, and the worker wakes up for it', async () => {
    const { id, url } = await world.endpoint({ ordered: true });
    await world.publish(2);
    const begun = world.clock.now();
    world.receivers.answerBy(({ sequence }) => (sequence === 1 ? failing() : delivered));
    await runner.runDue();
    world.advance(5 * secondMs);
    await runner.runDue();
    expect(sequences(url)).toEqual([1, 1]);
    expect(await world.job(id)).toMatchObject({ run_at: begun + minuteMs });

    world.advance(55 * secondMs - 1);
    await runner.runDue();
    expect(sequences(url)).toEqual([1, 1]);
    world.advance(1);
    await runner.runDue();
    expect(sequences(url)).toEqual([1, 1, 2]);
    expect(await states(id)).toEqual(['pending 2', 'delivered 1']);
  });

  it('however many older ones fail', async () => {
    const { id, url } = await world.endpoint({ ordered: true });
    const old = 200;
    await world.publish(old);
    await runner.runDue();
    // As if all had failed twice, and were due in five minutes.
    const due_at = world.clock.now() + 5 * minuteMs;
    await world.core.connections
      .write('webhook_deliveries')
      .update({ status: 'pending', attempts: 2, due_at, created_at: world.clock.now() - minuteMs });
    const before = sequences(url).length;
    await world.publish(1);
    const published = world.clock.now();
    await runner.runDue();
    expect(await world.job(id)).toMatchObject({ run_at: published + minuteMs });
    world.advance(minuteMs);
    await runner.runDue();
    expect(sequences(url).slice(before)).toEqual([old + 1]);
  });

  it('an older one that waits holds back none that waited for it long enough, and those keep their order', async () => {
    const { url } = await world.endpoint({ ordered: true });
    await world.publish(4);
    world.receivers.answerBy(({ sequence }) => (sequence === 1 ? failing() : delivered));
    await runner.runDue();
    world.advance(5 * secondMs);
    await runner.runDue();
    world.advance(30 * secondMs);
    await world.publish(1);
    await runner.runDue();
    world.advance(25 * secondMs);
    await runner.runDue();
    expect(sequences(url)).toEqual([1, 1, 2, 3, 4]);
    world.advance(35 * secondMs);
    await runner.runDue();
    expect(sequences(url)).toEqual([1, 1, 2, 3, 4, 5]);
  });
});

describe('a turn', () => {
  it('begins nothing that could outlast its lease, and another goes on', async () => {
    const { id, url } = await world.endpoint();
    await world.publish(40);
    // Four answers take 15 s together, the longest that an attempt can take.
    world.receivers.answerBy(({ sequence }) => {
      if (sequence % 4 === 0) world.advance(15 * secondMs);
      return delivered;
    });
    await runner.runDue();
    const turns = world.runs.filter(({ kind }) => kind === 'webhooks.deliver');
    expect(turns.length).toBeGreaterThan(2);
    for (const { now, lease_until, ended_at } of turns) {
      expect(lease_until - now).toBe(minuteMs);
      expect((ended_at ?? Number.POSITIVE_INFINITY) - now).toBeLessThan(minuteMs);
    }
    expect(sequences(url)).toEqual(range(40));
    expect(await states(id)).toEqual(Array(40).fill('delivered 1'));
  });

  it('reads again what it read a while ago: a person may have been erased from it since', async () => {
    const { url } = await world.endpoint();
    await world.publish(8);
    holdAll();
    const run = runner.runDue();
    await waitFor(url, 4);
    const { write } = world.core.connections;
    await write('events').update({ body: write.raw("replace(body, '@example.com', '@erased.invalid')") });
    letMomentsPass(1_001);
    answerAll(url);
    await waitFor(url, 4);
    answerAll(url);
    await run;
    const named = world.receivers.sent.map(({ body }) => body.includes('@example.com'));
    expect(named).toEqual([...Array(4).fill(true), ...Array(4).fill(false)]);
  });

  it('ends when the server stops: what is in flight is written, the rest is due at once', async () => {
    const { id, url } = await world.endpoint();
    await world.publish(10);
    holdAll();
    const run = runner.runDue();
    await waitFor(url, 4);
    const stopped = runner.stop();
    answerAll(url);
    await Promise.all([run, stopped]);
    expect(world.receivers.sent).toHaveLength(4);
    expect((await states(id)).sort()).toEqual([
      ...Array(4).fill('delivered 1'),
      ...Array(6).fill('pending 0'),
    ]);
    expect(await world.job(id)).toMatchObject({ run_at: world.clock.now(), lease_until: 0 });
  });
});

describe('an endpoint that is gone, during its turn', () => {
  const update = (fields: { endpointId: string; enabled?: boolean; url?: string }) =>
    updateEndpoint({
      uow: world.uow,
      guard: { isAllowed: () => true, faultOf: () => null },
      resolve: async () => [],
    })(world.request(), fields);
  const turnWithFourInFlight = async () => {
    const endpoint = await world.endpoint();
    await world.publish(10);
    holdAll();
    const run = runner.runDue();
    await waitFor(endpoint.url, 4);
    return { ...endpoint, run };
  };
  it('disabled by somebody: begins nothing more, and what waited is canceled', async () => {
    const { id, url, run } = await turnWithFourInFlight();
    await update({ endpointId: id, enabled: false });
    letMomentsPass(200);
    answerAll(url);
    await run;
    expect(world.receivers.sent).toHaveLength(4);
    // What was under way has arrived, whatever was decided meanwhile.
    expect(await states(id)).toEqual([...Array(4).fill('delivered 1'), ...Array(6).fill('canceled 0')]);
    expect(await world.job(id)).toBeUndefined();
  });

  it('answered 410: begins nothing more from that answer on, is disabled, and the log says by whom', async () => {
    const { id, url, run } = await turnWithFourInFlight();
    world.receivers.waiting(url)[0]?.answer(failing(410));
    await expect
      .poll(() => world.db('webhook_endpoints').where({ id }).first('enabled'), patiently)
      .toEqual({ enabled: 0 });
    await settle();
    expect(world.receivers.sent).toHaveLength(4);
    answerAll(url);
    await run;
    expect(world.receivers.sent).toHaveLength(4);
    expect(await world.db('webhook_endpoints').first()).toMatchObject({
      enabled: 0,
      disabled_reason: 'gone',
    });
    expect((await states(id)).sort()).toEqual([
      ...Array(6).fill('canceled 0'),
      'canceled 1',
      ...Array(3).fill('delivered 1'),
    ]);
    expect(await world.db('audit_entries').where({ action: 'webhook_endpoint.disabled' })).toMatchObject([
      { target_id: id, actor_id: 'system' },
    ]);
  });

  it('failed for five days: begins nothing more', async () => {
    const { id, url } = await world.endpoint();
    await world.publish(1);
    world.receivers.answerBy(() => failing());
    await runner.runDue();
    world.advance(5 * dayMs);
    await world.publish(20);
    holdAll();
    const run = runner.runDue();
    await waitFor(url, 4);
    letMomentsPass(200);
    for (const request of world.receivers.waiting(url)) request.answer(failing());
    await run;
    expect(world.receivers.sent).toHaveLength(5);
    expect(await world.db('webhook_endpoints').first()).toMatchObject({ disabled_reason: 'failing' });
    expect(await world.db('webhook_deliveries').whereNotNull('due_at')).toEqual([]);
    expect(await world.job(id)).toBeUndefined();
  });

  it('deleted: begins nothing more, leaves nothing behind, and that is no fault', async () => {
    const { id, url, run } = await turnWithFourInFlight();
    await deleteEndpoint({ uow: world.uow })(world.request(), { endpointId: id });
    letMomentsPass(200);
    answerAll(url);
    await run;
    expect(world.receivers.sent).toHaveLength(4);
    expect(await world.deliveries(id)).toEqual([]);
    expect(await world.db('webhook_attempts')).toEqual([]);
    expect(await world.job(id)).toBeUndefined();
    expect(world.logLines).toEqual([]);
  });

  it('moved, or with a new secret: the next requests go by what is so now', async () => {
    const { id, url, run } = await turnWithFourInFlight();
    const moved = 'https://moved.example.com/';
    await update({ endpointId: id, url: moved });
    await rotateSecret({ ...world.core })(world.request(), { endpointId: id, overlap_hours: 24 });
    letMomentsPass(200);
    answerAll(url);
    await waitFor(moved, 4);
    world.receivers.answerBy(() => delivered);
    answerAll(moved);
    await run;
    const signatures = world.receivers.sent.map(
      ({ headers }) => headers['webhook-signature']?.split(' ').length,
    );
    expect(signatures).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    expect(sequences(moved)).toHaveLength(6);
  });
});
