import { describe, expect, test } from 'vitest';
import type { FaultName } from './faults.ts';
import { createTestMachine } from './test-machine.ts';
import { nonce, startEmulator } from './testing.fixtures.ts';

const { device } = createTestMachine('studio');

/** A machine with a seat, and what it sends. */
async function seated() {
  const started = await startEmulator({ licenses: [{ deviceLimit: 2 }] });
  const [license] = started.emulator.licenses();
  if (!license) throw new Error('no license');
  const proof = { license_key: license.key, device, nonce };
  await started.call('/activate', proof);
  const validate = () => started.call('/activate/validate', proof);
  return { ...started, license, proof, validate };
}

describe('a fault of the network', () => {
  test('offline: fetch rejects as it does without a network, and the server hears nothing', async () => {
    const { emulator, request, proof, license } = await seated();
    emulator.faults.next('offline');
    const other = { ...proof, device: createTestMachine('other').device };
    await expect(request('/activate', other)).rejects.toThrow(new TypeError('fetch failed'));
    expect(license.devicesUsed).toBe(1);
    expect(emulator.requests.at(-1)).toMatchObject({ status: null, outcome: null, faults: ['offline'] });
  });

  test('lost_answer: the seat is taken although nobody was told', async () => {
    const { emulator, request, call, proof, license } = await seated();
    emulator.faults.next('lost_answer');
    const other = { ...proof, device: createTestMachine('other').device };
    await expect(request('/activate', other)).rejects.toThrow('fetch failed');
    expect(license.devicesUsed).toBe(2);
    expect(emulator.requests.at(-1)).toMatchObject({ status: null, outcome: 'activated' });
    expect((await call('/activate', other)).data.result).toBe('already_active');
  });

  test('slow: the answer comes when the time has passed', async () => {
    const { emulator, clock, validate } = await seated();
    emulator.faults.next({ fault: 'slow', ms: 30_000 });
    let isAnswered = false;
    const answer = validate().then((given) => {
      isAnswered = true;
      return given;
    });
    await clock.untilWaiting();
    clock.advance(29_999);
    expect(clock.waiting).toEqual([1]);
    expect(isAnswered).toBe(false);
    clock.advance(1);
    expect((await answer).data.code).toBe('VALID');
  });

  test('slow: who gives up before is let go, and leaves no timer', async () => {
    const { emulator, clock, request, proof } = await seated();
    emulator.faults.next({ fault: 'slow', ms: 30_000 });
    const aborter = new AbortController();
    const answer = request('/activate/validate', proof, { signal: aborter.signal });
    await clock.untilWaiting();
    aborter.abort();
    await expect(answer).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(clock.waiting).toEqual([]);
  });

  test('captive_portal: a page for people, with a status of success', async () => {
    const { emulator, request, proof } = await seated();
    emulator.faults.next('captive_portal');
    const response = await request('/activate/validate', proof);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(await response.text()).toContain('<form');
  });

  test('truncated: the server has done it, and its answer is no JSON', async () => {
    const { emulator, request, proof, license } = await seated();
    emulator.faults.next('truncated');
    const response = await request('/activate', { ...proof, device: createTestMachine('other').device });
    await expect(response.json()).rejects.toThrow(SyntaxError);
    expect(license.devicesUsed).toBe(2);
  });
});

describe('a fault of the server', () => {
  test('500: in its own envelope, or as a proxy says it', async () => {
    const { emulator, request, proof, validate } = await seated();
    emulator.faults.next('500');
    expect(await validate()).toMatchObject({ status: 500, error: { code: 'INTERNAL_ERROR' } });
    emulator.faults.next({ fault: '500', status: 502 });
    const response = await request('/activate/validate', proof);
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
  });

  test('429: with the time to wait', async () => {
    const { emulator, request, proof } = await seated();
    emulator.faults.next({ fault: '429', retryAfterSeconds: 30 });
    const response = await request('/activate/validate', proof);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '30']);
    expect(await response.json()).toMatchObject({ error: { code: 'RATE_LIMIT_EXCEEDED' } });
  });

  test('clock_jump: the server believes in another time', async () => {
    const { emulator, clock, validate } = await seated();
    const days = 86_400_000;
    emulator.faults.set({ fault: 'clock_jump', ms: -3 * days });
    expect((await validate()).data.server_time).toBe(new Date(clock.now() - 3 * days).toISOString());
  });
});

describe('a state of the license for one request', () => {
  test.each([
    ['revoked', 'LICENSE_REVOKED'],
    ['suspended', 'LICENSE_SUSPENDED'],
    ['expired', 'LICENSE_EXPIRED'],
  ] as const)('%s: refuses every call by its code, proves it, and is over then', async (fault, code) => {
    const { emulator, call, proof, validate, judge } = await seated();
    emulator.faults.next(fault, 2);
    expect(await call('/activate', proof)).toMatchObject({ status: 403, error: { code } });
    const refused = await validate();
    expect(refused.data).toMatchObject({ valid: false, code, license: { status: fault } });
    expect(await judge(refused, device)).toMatchObject({
      error: 'LICENSE_NOT_ACTIVE',
      claims: { lic: { status: fault } },
    });
    expect((await validate()).data.code).toBe('VALID');
  });

  test('device_limit: no seat is free for a new machine, and a machine with a seat keeps it', async () => {
    const { emulator, call, proof } = await seated();
    emulator.faults.set('device_limit');
    const refused = await call('/activate', { ...proof, device: createTestMachine('other').device });
    expect(refused).toMatchObject({
      status: 409,
      error: { code: 'DEVICE_LIMIT_REACHED', details: { limit: 2, used: 2 } },
    });
    expect((await call('/activate', proof)).data.result).toBe('already_active');
  });
});

describe('a lie', () => {
  test.each([
    ['forged_signature', 'BAD_SIGNATURE'],
    ['unknown_key', 'UNKNOWN_KEY'],
    ['no_nonce', 'WRONG_NONCE'],
    ['other_device', 'DEVICE_MISMATCH'],
  ] as const)('%s: is caught by its own step of the verification', async (lie, error) => {
    const { emulator, validate, judge } = await seated();
    emulator.faults.next(lie);
    const answer = await validate();
    expect(answer.data).toMatchObject({ valid: true, code: 'VALID' });
    expect(await judge(answer, device)).toMatchObject({ ok: false, error });
    expect(await judge(await validate(), device)).toMatchObject({ ok: true });
  });

  test('replay: is the last answer to the same call, byte for byte, and waits until there is one', async () => {
    const { emulator, request, proof, license } = await seated();
    emulator.faults.next('replay');
    const ask = async (more: object) => (await request('/activate/validate', { ...proof, ...more })).text();
    const honest = await ask({ nonce: 'B'.repeat(22) });
    license.revoke();
    expect(emulator.faults.queued).toBe(1);
    expect(await ask({ nonce: 'C'.repeat(22) })).toBe(honest);
    expect(emulator.faults.queued).toBe(0);
  });

  test('replay: never repeats another lie', async () => {
    const { emulator, request, proof } = await seated();
    const ask = async () => (await request('/activate/validate', proof)).text();
    const honest = await ask();
    for (const lie of ['no_nonce', 'other_device', 'unproven_refusal', 'clock_jump'] as const) {
      emulator.faults.next(lie);
      await ask();
    }
    emulator.faults.next('replay');
    expect(await ask()).toBe(honest);
  });

  test('unproven_refusal: takes no seat away and brings no lease', async () => {
    const { emulator, call, proof, validate } = await seated();
    emulator.faults.next('unproven_refusal', 2);
    const { status, data } = await validate();
    expect([status, data.valid, data.code, data.nonce, data.lease]).toEqual([
      200,
      false,
      'LICENSE_REVOKED',
      nonce,
      undefined,
    ]);
    expect(await call('/activate', proof)).toMatchObject({ status: 403, error: { code: 'LICENSE_REVOKED' } });
    expect((await validate()).data.code).toBe('VALID');
  });
});

describe('the script', () => {
  test('queued faults come in order, each to as many requests as it says', async () => {
    const { emulator, validate } = await seated();
    emulator.faults.next('500', 2);
    emulator.faults.next('429');
    const statuses = [];
    for (let round = 0; round < 4; round++) statuses.push((await validate()).status);
    expect(statuses).toEqual([500, 500, 429, 200]);
  });

  test('set faults last until they are set anew or cleared, and queued ones come on top', async () => {
    const { emulator, clock, validate } = await seated();
    const { faults } = emulator;
    faults.set({ fault: 'slow', ms: 10 }, 'no_nonce');
    faults.next('500');
    const answer = validate();
    await clock.untilWaiting();
    clock.advance(10);
    expect((await answer).status).toBe(500);
    expect(emulator.requests.at(-1)?.faults).toEqual(['slow', 'no_nonce', '500']);
    faults.set('no_nonce');
    expect((await validate()).data.nonce).toBeNull();
    faults.next('500');
    faults.clear();
    expect(await validate()).toMatchObject({ status: 200, data: { nonce } });
    expect(faults.queued).toBe(0);
  });

  test('a fault waits for the call it is meant for, and for one that it can spoil', async () => {
    const { emulator, call, proof, validate } = await seated();
    emulator.faults.next({ fault: '500', on: 'activate' });
    emulator.faults.next('forged_signature');
    const keys = await emulator.fetch(`${emulator.baseUrl}/.well-known/thrive-keys.json`);
    expect(keys.status).toBe(200);
    expect(emulator.faults.queued).toBe(2);
    expect((await validate()).status).toBe(200);
    expect((await call('/activate', proof)).status).toBe(500);
    expect(emulator.requests.map(({ faults }) => faults)).toEqual([[], [], ['forged_signature'], ['500']]);
  });

  test('what happens to parallel requests is decided in the order in which they were made', async () => {
    const { emulator, validate } = await seated();
    emulator.faults.next('500');
    const answers = await Promise.all([validate(), validate(), validate()]);
    expect(answers.map(({ status }) => status)).toEqual([500, 200, 200]);
  });

  test('a fault that does not exist is told to the author of the test', async () => {
    const { emulator } = await seated();
    const unknown = 'ofline' as FaultName;
    expect(() => emulator.faults.next(unknown)).toThrow(RangeError);
    expect(() => emulator.faults.set({ fault: unknown })).toThrow('There is no fault "ofline".');
  });
});
