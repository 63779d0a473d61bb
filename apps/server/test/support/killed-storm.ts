import type { License } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { expect } from 'vitest';
import { machine } from './builders.ts';
import type { ServerProcess } from './server-process.ts';

const lanesCount = 12;

/** What one app knows of its machine: only answers count, silence says nothing. */
export interface Known {
  readonly fingerprint: string;
  activated?: 'asked' | 'refused' | { device_id: string };
  deactivated?: 'asked' | 'answered';
}

/**
 * Machines come and go until so many calls were answered; then the server dies without a word.
 *
 * @param signal null: it lives, and the machines stay away.
 */
export async function stormUntilKilled(
  server: ServerProcess,
  { key, license }: { key: string; license: License },
  known: Known[],
  killAfterAnswers: number,
  signal: 'SIGKILL' | null = 'SIGKILL',
): Promise<void> {
  let answers = 0;
  const call = async (path: string, input: object) => {
    const response = await fetch(`${server.start.base_url}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ license_key: license.key, ...input }),
    });
    const body = (await response.json()) as {
      data?: { result: string; device: { id: string } };
      error?: unknown;
    };
    if (++answers === killAfterAnswers && signal) server.signal(signal);
    return body;
  };
  const lane = async () => {
    while (signal || answers < killAfterAnswers) {
      const mine: Known = { ...machine(), activated: 'asked' };
      known.push(mine);
      const { data } = await call('/activate', { device: { fingerprint: mine.fingerprint } });
      mine.activated = data ? { device_id: data.device.id } : 'refused';
      if (!data) continue;
      mine.deactivated = 'asked';
      const { data: left } = await call('/activate/deactivate', {
        device: { fingerprint: mine.fingerprint },
      });
      if (left?.result === 'deactivated') mine.deactivated = 'answered';
    }
  };
  // Every lane ends with the connection.
  await Promise.allSettled(Array.from({ length: lanesCount }, lane));
  if (signal) await server.exited;
}

/** Every answer that an app got is still true. */
export async function expectNothingLost(db: Knex, known: readonly Known[]): Promise<void> {
  const rows: { id: string; fingerprint: string; deactivated_at: number | null }[] = await db('devices');
  const byFingerprint = Map.groupBy(rows, (row) => row.fingerprint);
  for (const { fingerprint, activated, deactivated } of known) {
    const [row, ...doubles] = byFingerprint.get(fingerprint) ?? [];
    expect(doubles, fingerprint).toEqual([]);
    if (activated === 'refused') expect(row).toBeUndefined();
    if (typeof activated === 'object') expect(row?.id).toBe(activated.device_id);
    if (deactivated === 'answered') expect(row?.deactivated_at).not.toBeNull();
    if (typeof activated === 'object' && deactivated === undefined) expect(row?.deactivated_at).toBeNull();
  }
}
