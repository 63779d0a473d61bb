import { matchDevice } from '@thrivetech/lease';
import { describe, expect, test } from 'vitest';
import { createTestMachine } from './test-machine.ts';

describe('a test machine', () => {
  test('of the same name is the same machine, and shares nothing with any other', async () => {
    const [one, same, other] = ['one', 'one', 'other'].map((name) => createTestMachine(name).device);
    expect(one).toEqual(same);
    expect(other?.fingerprint).not.toBe(one?.fingerprint);
    expect(matchDevice(one?.components ?? {}, other?.components ?? {}).score).toBe(0);
    expect(await createTestMachine('one').read('prd_1')).toEqual(one);
  });

  test('changes its fingerprint with a strong part, and not with a weak one', () => {
    const machine = createTestMachine();
    const { device: before } = machine;
    machine.replaceParts('mac', 'cpu');
    expect(machine.device.fingerprint).toBe(before.fingerprint);
    expect(matchDevice(before.components, machine.device.components).changed).toEqual(['mac', 'cpu']);
    machine.replaceParts('board_id');
    expect(machine.device.fingerprint).not.toBe(before.fingerprint);
  });

  test('has a name of which digests can be made', () => {
    for (const name of ['', 'with space', 'x'.repeat(49), 'ü'])
      expect(() => createTestMachine(name)).toThrow(RangeError);
    const { components, fingerprint } = createTestMachine('x'.repeat(48)).device;
    expect(fingerprint).toMatch(/^[!-~]{8,256}$/);
    for (const digest of Object.values(components)) expect(digest).toMatch(/^[A-Za-z0-9_-]{16,86}$/);
  });
});
