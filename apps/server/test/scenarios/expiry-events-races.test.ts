import { activateLicense, createLicense, type License, renewLicense } from '@thrivetech/contracts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { expireLicenses } from '../../src/modules/licenses/index.ts';
import { dayMs, minuteMs, secondMs } from '../../src/platform/clock.ts';
import type { UnitOfWork } from '../../src/platform/db/unit-of-work.ts';
import { createJobRunner, type JobKind, type JobRunner } from '../../src/platform/jobs/job-runner.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { endOf, expiryEvents, licensesEndingTogether } from '../support/expiry-events.ts';
import { useServer } from '../support/test-server.ts';

type Sources = Parameters<typeof expireLicenses>[0]['uow'];

eachDatabase((database) => {
  const server = useServer(database);
  const runners: JobRunner[] = [];
  let vendor: Vendor;
  beforeEach(async () => {
    vendor = await createVendor(server);
  });
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.stop();
  });

  const door = restDoor(() => server.baseUrl);
  const comeTo = async (epochMs: number) => {
    server.clock.set(epochMs);
    await server.platform.jobs.runDue();
  };
  const sweep = (uow: Sources = server.platform.uow): JobKind => {
    const { newId, clock } = server.platform;
    return expireLicenses({ uow, newId, clock });
  };
  const failures: unknown[] = [];
  const runnerOf = (kind: JobKind): JobRunner => {
    const { uow, clock } = server.platform;
    const runner = createJobRunner({
      ...{ uow, clock, kinds: [kind] },
      log: createLogger('warn', { write: (line) => failures.push(line) }),
      observer: { began: () => {}, ended: () => {} },
    });
    runners.push(runner);
    return runner;
  };
  /** Runners whose sweeps are jobs of their own, as if each thought that the others are dead: all sweep at once. */
  const sweepers = () => Array.from({ length: 4 }, () => runnerOf({ ...sweep(), kind: unique('sweep') }));
  const timesTold = async () => {
    const events = await expiryEvents(server, vendor);
    return Map.groupBy(events, ({ license_id }) => license_id);
  };
  const expectEachToldOnce = async (licenses: License[]) => {
    const told = await timesTold();
    expect([...told.keys()].sort()).toEqual(licenses.map(({ id }) => id).sort());
    expect([...told.values()].filter(({ length }) => length !== 1)).toEqual([]);
    expect(failures).toEqual([]);
  };

  it('four runners that share the sweep tell of each of 300 licenses once', async () => {
    const licenses = await licensesEndingTogether(server, vendor, 300);
    server.clock.set(endOf(licenses[0] as License));
    const sharing = Array.from({ length: 4 }, () => runnerOf(sweep()));
    await Promise.all(sharing.map((runner) => runner.runDue()));
    await expectEachToldOnce(licenses);
  });

  it('four runners that sweep at the same time tell of each of 300 licenses once, while the account goes on', async () => {
    const licenses = await licensesEndingTogether(server, vendor, 300);
    const { id: product_id } = await vendor.product();
    const running = await vendor.license({ product_id, device_limit: 30 });
    server.clock.set(endOf(licenses[0] as License));
    const others = Array.from({ length: 30 }, async () => {
      const { success } = await door.call(createLicense, { product_id }, { key: vendor.admin });
      const proof = { license_key: running.key, device: machine() };
      const activated = await door.call(activateLicense, proof, { key: vendor.channel });
      expect([success, activated.success]).toEqual([true, true]);
    });
    await Promise.all([...sweepers().map((runner) => runner.runDue()), ...others]);
    await expectEachToldOnce(licenses);
    // And again, when all is told.
    await Promise.all(sweepers().map((runner) => runner.runDue()));
    await expectEachToldOnce(licenses);
  });

  it('licenses that are renewed while four sweeps run are told of once or not at all, and once at their new end', async () => {
    const licenses = await licensesEndingTogether(server, vendor, 100);
    server.clock.set(endOf(licenses[0] as License));
    const renewals = licenses.map(async ({ id }) => {
      const { data } = await door.call<License>(renewLicense, { licenseId: id }, { key: vendor.admin });
      return data;
    });
    await Promise.all([...sweepers().map((runner) => runner.runDue()), ...renewals]);
    const renewed = await Promise.all(renewals);
    const before = await timesTold();
    expect([...before.values()].filter(({ length }) => length > 1)).toEqual([]);

    await comeTo(Math.max(...renewed.map(endOf)));
    const after = await timesTold();
    const more = renewed.map(({ id }) => (after.get(id)?.length ?? 0) - (before.get(id)?.length ?? 0));
    expect(more).toEqual(licenses.map(() => 1));
    expect(failures).toEqual([]);
  });

  it.runIf(database === 'postgres')(
    'a license that somebody is changing is passed over, and looked at again a second later',
    async () => {
      const [held, free] = await licensesEndingTogether(server, vendor, 2);
      const now = endOf(held as License);
      await server.platform.database.transaction(async (other) => {
        await other('licenses').where({ id: held?.id }).forUpdate();
        await comeTo(now);
        expect([...(await timesTold()).keys()]).toEqual([free?.id]);
        const job = await server.platform.database('jobs').where({ kind: 'licenses.expire' }).first();
        expect(job.run_at).toBe(now + secondMs);
      });
      await comeTo(now + secondMs);
      expect([...(await timesTold()).keys()]).toEqual([free?.id, held?.id]);
    },
  );

  it('a license that is renewed between the look of a sweep and its note is not told of before its new end', async () => {
    const [license] = await licensesEndingTogether(server, vendor, 1);
    const end = endOf(license as License);
    server.clock.set(end);
    const { uow } = server.platform;
    let renewed: License | undefined;
    // No lock of the look holds here: what it saw is old when the transaction that notes begins.
    const late: Pick<UnitOfWork<typeof uow.read>, 'runInternal'> = {
      async runInternal(work) {
        const seen = await uow.read.licenses.listEndedUntold(end, 200);
        expect(seen.map(({ id }) => id)).toEqual([license?.id]);
        const { data } = await door.call<License>(
          renewLicense,
          { licenseId: license?.id ?? '' },
          { key: vendor.admin },
        );
        renewed = data;
        return uow.runInternal((tx) =>
          work({ ...tx, licenses: { ...tx.licenses, listEndedUntold: async () => seen } }),
        );
      },
    };
    await runnerOf({ ...sweep({ ...uow, ...late }), kind: unique('sweep') }).runDue();
    expect(renewed?.status).toBe('active');
    expect(await expiryEvents(server, vendor)).toEqual([]);

    await comeTo(end + minuteMs);
    await comeTo(end + dayMs - 1);
    expect(await expiryEvents(server, vendor)).toEqual([]);
    await comeTo(end + dayMs);
    expect(await expiryEvents(server, vendor)).toHaveLength(1);
  });
});
