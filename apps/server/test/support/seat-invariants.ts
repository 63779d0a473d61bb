import type { Knex } from 'knex';
import { expect } from 'vitest';

interface SeatRow {
  id: string;
  device_limit: number;
  devices_used: number;
  active: number;
}

/** All licenses with their seats, in one statement: what is committed at one moment. */
async function readSeats(db: Knex): Promise<SeatRow[]> {
  return db('licenses').select(
    'id',
    'device_limit',
    'devices_used',
    db.raw(
      '(select count(*) from devices where devices.account_id = licenses.account_id and devices.license_id = licenses.id and deactivated_at is null) as active',
    ),
  );
}

/** Invariant 1, at this moment. A license whose limit was lowered meanwhile is not for this. */
export async function expectSeatsInOrder(db: Knex): Promise<void> {
  for (const { id, device_limit, devices_used, active } of await readSeats(db)) {
    expect({ id, devices_used }).toEqual({ id, devices_used: Number(active) });
    expect(devices_used, id).toBeLessThanOrEqual(device_limit);
  }
}

/** Looks at the seats again and again while something runs. @returns how often it looked. */
export async function watchSeats(db: Knex, running: Promise<unknown>): Promise<number> {
  let looks = 0;
  let isRunning = true;
  const ended = running.finally(() => {
    isRunning = false;
  });
  do {
    await expectSeatsInOrder(db);
    looks += 1;
  } while (isRunning);
  await ended;
  return looks;
}

/** The events of every account have no gap, and tell of every seat exactly once: when it was taken and when freed. */
export async function expectEventsInOrder(db: Knex): Promise<void> {
  const events = await db('events').orderBy(['account_id', 'sequence']);
  const counters: { account_id: string; events: number }[] = await db('account_counters');
  for (const { account_id, events: count } of counters) {
    const sequences = events
      .filter((event) => event.account_id === account_id)
      .map((event) => event.sequence);
    expect(sequences).toEqual(Array.from({ length: count }, (_event, index) => index + 1));
  }
  const told = (type: string): string[] =>
    events
      .filter((event) => event.type === type)
      .map((event) => JSON.parse(event.body).data.device_id)
      .sort();
  const devices: { id: string; deactivated_at: number | null }[] = await db('devices');
  expect(told('license.activated')).toEqual(devices.map(({ id }) => id).sort());
  expect(told('license.deactivated')).toEqual(
    devices
      .filter(({ deactivated_at }) => deactivated_at !== null)
      .map(({ id }) => id)
      .sort(),
  );
}
