import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEmulator, type Emulator } from './create-emulator.ts';
import { nodeListener } from './node-listener.ts';
import { createTestMachine } from './test-machine.ts';

let emulator: Emulator;
const server = createServer((request, response) => void nodeListener(emulator)(request, response));
beforeAll(async () => {
  emulator = await createEmulator({ licenses: [{}] });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const send = (path: string, init?: RequestInit) =>
  fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, init);

test('over a socket, the emulator answers as its fetch does', async () => {
  const [license] = emulator.licenses();
  const { device } = createTestMachine();
  const response = await send('/api/v1/activate', {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.channelKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ license_key: license?.key, device }),
  });
  expect(response.status).toBe(201);
  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  expect(await response.json()).toMatchObject({ success: true, data: { result: 'activated' } });
  const keys = await send('/.well-known/thrive-keys.json');
  expect(await keys.json()).toMatchObject({ root_keys: emulator.rootKeys });
});

test('over a socket, what makes fetch reject breaks the connection off', async () => {
  emulator.faults.next('offline');
  await expect(send('/.well-known/thrive-keys.json')).rejects.toThrow('fetch failed');
});
