import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { dayMs, minuteMs } from '../../src/platform/clock.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { appOf } from '../support/app.ts';
import { createVendor, machine } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer } from '../support/test-server.ts';

/** Every figure of a text for Prometheus, by its name and labels as they are written there. */
const figuresIn = (text: string): Map<string, number> =>
  new Map(
    [...text.matchAll(/^([a-z]\S*(?:\{.*\})?) (\S+)$/gm)].map(([, name = '', value]) => [
      name,
      Number(value),
    ]),
  );

const recurringKinds = [
  'licenses.expire',
  'licenses.count-floating-seats',
  'idempotency.forget',
  'webhooks.forget',
];

eachDatabase((database) => {
  describe('/metrics on jobs', () => {
    const server = useServer(database);
    const figures = async () => {
      const response = await fetch(`${server.baseUrl}/metrics`);
      expect(response.status).toBe(200);
      return figuresIn(await response.text());
    };
    const figure = async (name: string) => (await figures()).get(name) ?? 0;
    const runDue = () => server.platform.jobs.runDue();
    const jobs = () => server.platform.database('jobs');
    const added: string[] = [];
    /** A job that is due now. */
    const job = async (fields: Record<string, unknown>) => {
      const now = server.clock.now();
      const id = randomUUID();
      added.push(id);
      await jobs().insert({
        ...{ id, key: id, payload: 'null', run_at: now, lease_until: 0, attempts: 0, wakes: 0 },
        ...{ created_at: now, ...fields },
      });
    };
    afterEach(async () => {
      await jobs().whereIn('id', added.splice(0)).delete();
    });

    it.each(recurringKinds)('%s is counted with how it ended, and with how late it began', async (kind) => {
      await runDue();
      const [runs, lag] = [
        `job_runs_total{kind="${kind}",outcome="done"}`,
        `job_lag_seconds_sum{kind="${kind}"}`,
      ];
      const before = await figures();
      const [{ run_at }] = await jobs().where({ kind });
      server.clock.set(run_at + 90_000);
      await runDue();
      const after = await figures();
      expect((after.get(runs) ?? 0) - (before.get(runs) ?? 0)).toBe(1);
      expect((after.get(lag) ?? 0) - (before.get(lag) ?? 0)).toBeCloseTo(90);
      const began = `job_lag_seconds_bucket{le="300",kind="${kind}"}`;
      expect((after.get(began) ?? 0) - (before.get(began) ?? 0)).toBe(1);
    });

    it('a run that fails is counted as failed, the last one as dead, and the job then as dead until it is gone', async () => {
      // A turn without an account cannot run.
      const kind = 'webhooks.deliver';
      await job({ kind });
      await runDue();
      expect(await figure(`job_runs_total{kind="${kind}",outcome="failed"}`)).toBe(1);
      expect(await figure(`jobs{kind="${kind}",state="dead"}`)).toBe(0);

      await job({ kind, attempts: 1_000_000 });
      await runDue();
      const after = await figures();
      expect(after.get(`job_runs_total{kind="${kind}",outcome="dead"}`)).toBe(1);
      expect(after.get(`jobs{kind="${kind}",state="dead"}`)).toBe(1);
      await jobs().where({ kind }).delete();
      expect((await figures()).has(`jobs{kind="${kind}",state="dead"}`)).toBe(false);
    });

    it('a job that is due waits until somebody begins it; one that is to come, or at work, does not wait', async () => {
      const kind = 'test.nobody-does-this';
      const now = server.clock.now();
      await job({ kind });
      await job({ kind, run_at: now - dayMs });
      await job({ kind, run_at: now + 1 });
      await job({ kind, lease_until: now + minuteMs, ticket: 'x', attempts: 1 });
      await job({ kind, dead_at: now });
      const shown = await figures();
      expect(shown.get(`jobs{kind="${kind}",state="waiting"}`)).toBe(2);
      expect(shown.get(`jobs{kind="${kind}",state="dead"}`)).toBe(1);
    });

    it('floating seats are shown by whether their lease runs', async () => {
      const vendor = await createVendor(server);
      const license = await vendor.license({ type: 'floating', device_limit: 5 });
      const app = appOf(
        restDoor(() => server.baseUrl),
        () => vendor.channel,
      );
      const devices = [machine(), machine(), machine()];
      for (const device of devices) {
        const { data } = await app.activate({ license_key: license.key, device });
        expect(data.result).toBe('activated');
      }
      const seats = async () => {
        server.clock.advance(5 * minuteMs);
        await runDue();
        const shown = await figures();
        return [shown.get('floating_seats{state="running"}'), shown.get('floating_seats{state="lapsed"}')];
      };
      expect(await seats()).toEqual([3, 0]);
      // One gets another lease in time, the others' end after ten minutes.
      server.clock.advance(4 * minuteMs);
      await app.validate({ license_key: license.key, device: devices[0] });
      expect(await seats()).toEqual([1, 2]);
      await app.deactivate({ license_key: license.key, device: devices[1] });
      server.clock.advance(dayMs);
      expect(await seats()).toEqual([0, 2]);
    });

    it('no figure names what a job is about', async () => {
      await job({ kind: 'test.nobody-does-this', key: 'acc_somebody' });
      await runDue();
      expect(JSON.stringify([...(await figures()).keys()])).not.toContain('acc_somebody');
    });
  });
});

it('a database that is away takes the counts of jobs off the metrics, and nothing else', async () => {
  const metrics = createMetrics();
  metrics.jobs.ended('licenses.expire', 'done');
  let isAway = false;
  metrics.showJobs(async () => {
    if (isAway) throw new Error('connection refused');
    return [{ kind: 'licenses.expire', waiting: 1, dead: 0 }];
  });
  const waiting = 'jobs{kind="licenses.expire",state="waiting"}';
  const runs = 'job_runs_total{kind="licenses.expire",outcome="done"}';
  const shown = async () => figuresIn(await metrics.registry.metrics());
  expect((await shown()).get(waiting)).toBe(1);
  isAway = true;
  const without = await shown();
  expect([without.has(waiting), without.get(runs)]).toEqual([false, 1]);
  expect(without.has('process_resident_memory_bytes')).toBe(true);
});
