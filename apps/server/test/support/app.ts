import { createHash } from 'node:crypto';
import { activateLicense, deactivateLicense, startTrial, validateLicense } from '@thrivetech/contracts';
import { expect } from 'vitest';
import type { z } from 'zod';
import type { Answer, CallOptions } from './answer.ts';
import type { Vendor } from './builders.ts';
import type { Door } from './doors.ts';
import { type SideEffects, sideEffects } from './side-effects.ts';
import type { TestServer } from './test-server.ts';

type Input = Record<string, unknown>;
type Activation = z.output<typeof activateLicense.output>;

/** The four calls as an app makes them. */
export function appOf(door: Door, key: () => string) {
  const options = (more: CallOptions = {}) => ({ key: key(), ...more });
  return {
    activate: (input: Input, more?: CallOptions) =>
      door.call<Activation>(activateLicense, input, options(more)),
    validate: (input: Input, more?: CallOptions) =>
      door.call<z.output<typeof validateLicense.output>>(validateLicense, input, options(more)),
    deactivate: (input: Input, more?: CallOptions) =>
      door.call<z.output<typeof deactivateLicense.output>>(deactivateLicense, input, options(more)),
    trial: (input: Input, more?: CallOptions) =>
      door.call<z.output<typeof startTrial.output>>(startTrial, input, options(more)),
  };
}

/** tRPC has no 201; over REST what was made new must say so. */
export const createdStatus = (door: Door): number => (door.name === 'rest' ? 201 : 200);

/** The keyed digest of a machine part, as a client makes it. */
export const digest = (part: string): string =>
  createHash('sha256').update(part).digest('base64url').slice(0, 22);

/** All five parts of one machine. */
export const parts = (serial: string): Record<string, string> =>
  Object.fromEntries(
    ['os_install_id', 'board_id', 'boot_disk', 'mac', 'cpu'].map((name) => [
      name,
      digest(`${name}/${serial}`),
    ]),
  );

export interface Observed<Data> {
  readonly answer: Answer<Data>;
  /** Types of the events that the call caused, in order. */
  readonly eventTypes: string[];
  readonly events: SideEffects['events'];
  readonly audit: SideEffects['audit'];
}

/** Makes a call, and gives beside its answer exactly what it left behind. The account's events must have no gap. */
export async function observe<Data>(
  server: TestServer,
  vendor: Vendor,
  call: () => Promise<Answer<Data>>,
): Promise<Observed<Data>> {
  const before = await sideEffects(server, vendor);
  const answer = await call();
  const after = await sideEffects(server, vendor);
  expect(after.events.map(({ sequence }) => sequence)).toEqual(
    after.events.map((_event, index) => index + 1),
  );
  const events = after.events.slice(before.events.length);
  return {
    answer,
    events,
    eventTypes: events.map(({ type }) => type),
    audit: after.audit.slice(before.audit.length),
  };
}

/** The rows of a license and its devices, for saying that nothing changed. */
export async function rowsOf(server: TestServer, license_id: string) {
  const db = server.platform.database;
  return {
    license: await db('licenses').where({ id: license_id }).first(),
    devices: await db('devices').where({ license_id }).orderBy('id'),
  };
}

/** Seats as they are counted and as they are taken; the two must never differ. */
export async function seatsOf(server: TestServer, license_id: string): Promise<number> {
  const { license, devices } = await rowsOf(server, license_id);
  const active = devices.filter(
    (device: { deactivated_at: number | null }) => device.deactivated_at === null,
  );
  expect(active).toHaveLength(license.devices_used);
  expect(new Set(active.map((device: { seat: number }) => device.seat)).size).toBe(active.length);
  return active.length;
}

/** Suspends or reinstates a license without the API, at a moment of the test's choice. */
export async function setSuspended(server: TestServer, license_id: string, at: number | null): Promise<void> {
  await server.platform.uow.runInternal(async (tx) => {
    const { account_id } = await server.platform.database('licenses').where({ id: license_id }).first();
    const license = await tx.licenses.findForUpdate(account_id, license_id);
    if (license) await tx.licenses.replace({ ...license, suspended_at: at });
  });
}

/** What a lease says. Its signature is judged elsewhere. */
// biome-ignore lint/suspicious/noExplicitAny: what is inside is each test's own expectation
export function claimsOf(lease: { token: string } | undefined): any {
  if (!lease) throw new Error('The answer holds no lease.');
  return JSON.parse(Buffer.from(lease.token.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

export const iso = (epochMs: number): string => new Date(epochMs).toISOString();
