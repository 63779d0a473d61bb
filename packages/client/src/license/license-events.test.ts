import { describe, expect, it, vi } from 'vitest';
import { isSameForApp, LicenseEmitter } from './license-events.ts';
import type { LicenseState } from './license-state.ts';

const state: LicenseState = {
  status: 'active',
  isLicensed: true,
  deviceId: 'dev_1',
  warning: null,
  license: {
    id: 'lic_1',
    type: 'timed',
    expiresAt: null,
    seats: { limit: 3, used: 1 },
    features: { export: true },
    keyMasked: null,
  },
  validUntil: new Date(0),
  graceUntil: new Date(0),
};

describe('LicenseEmitter', () => {
  it('tells every listener until it leaves, also one that is registered twice', () => {
    const emitter = new LicenseEmitter();
    const listener = vi.fn();
    const leave = emitter.on('change', listener);
    emitter.on('change', listener);
    emitter.emit('change', { state, previous: state });
    expect(listener).toHaveBeenCalledTimes(2);
    leave();
    leave();
    emitter.emit('change', { state, previous: state });
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it('does not let one that throws keep the others from hearing', async () => {
    const emitter = new LicenseEmitter();
    const surfaced = new Promise((resolve) => {
      const before = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const listener of before) process.on('uncaughtException', listener);
        resolve(error);
      });
    });
    const other = vi.fn();
    emitter.on('change', () => {
      throw new Error('of the app');
    });
    emitter.on('change', other);
    emitter.emit('change', { state, previous: state });
    expect(other).toHaveBeenCalledOnce();
    expect(await surfaced).toMatchObject({ message: 'of the app' });
  });
});

describe('a change', () => {
  it('is not that the lease was refreshed', () => {
    expect(isSameForApp(state, { ...state, validUntil: new Date(9), graceUntil: new Date(9) })).toBe(true);
  });

  it('is another status, another feature, another number of seats', () => {
    const { license } = state;
    for (const changed of [
      { ...state, license: { ...license, features: {} } },
      { ...state, license: { ...license, seats: { limit: 4, used: 1 } } },
      { ...state, status: 'grace', reason: 'not_refreshed' } as const,
    ])
      expect(isSameForApp(state, changed)).toBe(false);
  });
});
