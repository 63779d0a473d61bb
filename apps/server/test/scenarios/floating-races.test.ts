import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { License } from '@thrivetech/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer } from '../support/test-server.ts';

const second = 1_000;
const workersCount = 4;

/** Sends what it is told, all at once, from a process of its own. */
const workerSource = `process.on('message', async ({ key, calls }) => {
  process.send(await Promise.all(calls.map(async ({ url, body }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: 'Bearer ' + key, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, ...(await response.json()) };
  })));
});
process.send('ready');`;

interface Call {
  url: string;
  body: { license_key: string; device: { fingerprint: string }; nonce?: string };
}
interface Given {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what is inside is each test's own expectation
  data?: any;
  error?: { code: string };
}
interface Running {
  device: string;
  from: number;
  until: number;
}

eachDatabase((database) => {
  const server = useServer(database);
  let workers: ChildProcess[] = [];
  let vendor: Vendor;
  beforeAll(async () => {
    workers = Array.from({ length: workersCount }, () =>
      spawn(process.execPath, ['-e', workerSource], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    );
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    vendor = await createVendor(server);
  });
  afterAll(() => {
    for (const worker of workers) worker.kill();
  });

  const fire = async (calls: Call[]): Promise<Given[]> => {
    const answers = await Promise.all(
      workers.map(async (worker, n) => {
        const mine = calls.filter((_call, index) => index % workersCount === n);
        if (mine.length === 0) return [];
        const reported = once(worker, 'message');
        worker.send({ key: vendor.channel, calls: mine });
        return (await reported)[0] as Given[];
      }),
    );
    return calls.map((_call, index) => answers[index % workersCount]?.shift() as Given);
  };
  const activateCall = (license: License, device: { fingerprint: string }): Call => ({
    url: `${server.baseUrl}/api/v1/activate`,
    body: { license_key: license.key, device },
  });
  const beatCall = (license: License, device: { fingerprint: string }, nonce?: string): Call => ({
    url: `${server.baseUrl}/api/v1/activate/validate`,
    body: { license_key: license.key, device, ...(nonce && { nonce }) },
  });
  const seats = async (id: string) => {
    const db = server.platform.database;
    const row = await db('licenses')
      .where({ id })
      .first(
        'devices_used',
        'device_limit',
        db.raw(
          '(select count(*) from devices where license_id = licenses.id and deactivated_at is null) as active',
        ),
      );
    return { used: row.devices_used, limit: row.device_limit, active: Number(row.active) };
  };
  /** Runs a storm while time moves on, and looks at the seats all the while. */
  const storm = async (license: License, calls: Call[], stepMs: number): Promise<Given[]> => {
    let isRunning = true;
    const running = fire(calls).finally(() => {
      isRunning = false;
    });
    while (isRunning) {
      const { used, limit, active } = await seats(license.id);
      expect(active).toBe(used);
      expect(used).toBeLessThanOrEqual(limit);
      server.clock.advance(stepMs);
    }
    return running;
  };
  const leaseOf = ({ data }: Given): Running[] =>
    data?.lease
      ? [
          {
            device: data.device.id,
            from: Date.parse(data.lease.issued_at),
            until: Date.parse(data.lease.expires_at),
          },
        ]
      : [];
  /** At no moment may more machines hold a running lease than there are seats. */
  const expectNeverMoreLeasesThan = (limit: number, leases: Running[]) => {
    for (const { from } of leases) {
      // In the second in which a lease ends its seat may be given on.
      const running = leases.filter((lease) => lease.from <= from && from + second <= lease.until);
      expect(new Set(running.map(({ device }) => device)).size).toBeLessThanOrEqual(limit);
    }
  };

  it('machines that storm a license whose leases lapse all the while never hold more seats than there are', async () => {
    const license = await vendor.license({ type: 'floating', device_limit: 3 });
    const machines = Array.from({ length: 30 }, () => machine());
    const leases: Running[] = [];
    const outcomes: Record<string, number> = {};
    for (let round = 0; round < 6; round++) {
      // Another one comes first each time, so that seats change hands.
      const turned = [...machines.slice(round * 5), ...machines.slice(0, round * 5)];
      const calls = turned.flatMap((device) => [activateCall(license, device), beatCall(license, device)]);
      const answers = await storm(license, calls, 7 * second);
      for (const answer of answers) {
        const outcome = answer.data?.result ?? answer.data?.code ?? answer.error?.code ?? answer.status;
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        leases.push(...leaseOf(answer));
      }
      // Every seat lapses at least once between rounds, but not all of them for every machine.
      server.clock.advance(round % 2 ? 601 * second : 350 * second);
    }
    const known = ['activated', 'already_active', 'VALID', 'DEVICE_NOT_ACTIVATED', 'DEVICE_LIMIT_REACHED'];
    expect(Object.keys(outcomes).filter((outcome) => !known.includes(outcome))).toEqual([]);
    expect(outcomes['activated']).toBeGreaterThan(6);
    expect(outcomes['DEVICE_LIMIT_REACHED']).toBeGreaterThan(0);
    expectNeverMoreLeasesThan(3, leases);
  });

  it('50 machines that meet on lapsed seats get exactly as many as there are, each freed and taken once', async () => {
    const license = await vendor.license({ type: 'floating', device_limit: 4 });
    await fire(Array.from({ length: 4 }, () => activateCall(license, machine())));
    server.clock.advance(601 * second);
    const answers = await fire(Array.from({ length: 50 }, () => activateCall(license, machine())));
    expect(answers.filter(({ data }) => data?.result === 'activated')).toHaveLength(4);
    expect(answers.filter(({ error }) => error?.code === 'DEVICE_LIMIT_REACHED')).toHaveLength(46);
    expect(await seats(license.id)).toEqual({ used: 4, limit: 4, active: 4 });
    const types: string[] = await server.platform
      .database('events')
      .where({ license_id: license.id })
      .pluck('type');
    const count = (type: string) => types.filter((each) => each === type).length;
    expect([count('license.activated'), count('license.deactivated')]).toEqual([8, 4]);
  });

  it('heartbeats that race with those who want the seat: it stays or goes, and never both', async () => {
    const license = await vendor.license({ type: 'floating', device_limit: 1 });
    let holder = machine();
    await fire([activateCall(license, holder)]);
    for (let round = 0; round < 12; round++) {
      server.clock.advance(601 * second);
      const rivals = Array.from({ length: 6 }, () => machine());
      const calls = [
        ...Array(6).fill(beatCall(license, holder)),
        ...rivals.map((r) => activateCall(license, r)),
      ];
      const answers = await fire(calls);
      const beats = answers.slice(0, 6);
      const winner = rivals.filter((_rival, index) => answers[6 + index]?.data?.result === 'activated');
      const kept = beats.filter(({ data }) => data.code === 'VALID').length;
      expect([kept > 0 ? 1 : 0, winner.length].reduce((sum, n) => sum + n)).toBe(1);
      if (kept > 0) expect(kept).toBe(6);
      holder = winner[0] ?? holder;
      expect(await seats(license.id)).toEqual({ used: 1, limit: 1, active: 1 });
    }
  });

  it('a promise made to one machine is never shortened by its own calls that were slower', async () => {
    const license = await vendor.license({ type: 'floating', device_limit: 1 });
    const device = machine();
    await fire([activateCall(license, device)]);
    const leases: Running[] = [];
    for (let round = 0; round < 4; round++) {
      const calls = Array.from({ length: 40 }, (_call, n) =>
        beatCall(license, device, `${round}-${n}`.padEnd(22, 'x')),
      );
      const answers = await storm(license, calls, 3 * second);
      expect(answers.filter(({ data }) => data?.code !== 'VALID')).toEqual([]);
      leases.push(...answers.flatMap(leaseOf));
      const { seat_expires_at } = await server.platform
        .database('devices')
        .where({ license_id: license.id, deactivated_at: null })
        .first();
      expect(seat_expires_at).toBe(Math.max(...leases.map(({ until }) => until)));
    }
  });
});
