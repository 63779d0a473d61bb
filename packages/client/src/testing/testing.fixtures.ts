import { type DeviceDigests, type LeaseVerdict, verifyKeyset, verifyLease } from '@thrivetech/lease';
import { nodeCrypto } from '@thrivetech/lease/node';
import { createEmulator, type Emulator, type EmulatorOptions } from './create-emulator.ts';
import { createTestClock, type TestClock } from './test-clock.ts';

export interface Data {
  readonly result?: string;
  readonly valid?: boolean;
  readonly code?: string;
  readonly nonce?: string | null;
  readonly server_time: string;
  readonly device: { readonly id: string };
  readonly license: { readonly id: string; readonly status: string; readonly devices_used: number };
  readonly lease?: { readonly token: string; readonly expires_at: string };
}
export interface Answer {
  readonly status: number;
  readonly data: Data;
  readonly error?: { readonly code: string; readonly details?: unknown };
}

export const nonce = 'AAAAAAAAAAAAAAAAAAAAAA';

/** An emulator on a clock that stands still, and an app that calls it. */
export async function startEmulator(options: Omit<EmulatorOptions, 'clock'> = {}) {
  const clock = createTestClock();
  const emulator = await createEmulator({ ...options, clock });
  return { clock, emulator, ...appOf(emulator, clock) };
}

function appOf(emulator: Emulator, clock: TestClock) {
  const { baseUrl, fetch, channelKey, productId, rootKeys } = emulator;
  const request = (path: string, body: object, init: RequestInit = {}) =>
    fetch(`${baseUrl}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${channelKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...init,
    });
  return {
    request,
    async call(path: string, body: object): Promise<Answer> {
      const response = await request(path, body);
      const envelope = (await response.json()) as Omit<Answer, 'status'>;
      return { ...envelope, status: response.status };
    },
    /** What an app makes of the lease in an answer. */
    async judge({ data }: Answer, device: DeviceDigests): Promise<LeaseVerdict> {
      const published = await fetch(`${baseUrl}/.well-known/thrive-keys.json`);
      const { keyset } = (await published.json()) as { keyset: string };
      const opened = verifyKeyset(keyset, { ...nodeCrypto, rootKeys });
      if (!opened.ok) throw new Error(opened.error);
      const now = clock.now() / 1000;
      const expected = { ...nodeCrypto, keyset: opened.keyset, audience: productId, now, device, nonce };
      return verifyLease(data.lease?.token ?? '', expected);
    },
  };
}
