import { expect, describe as group, it } from 'vitest';
import { dayMs } from '../../platform/clock.ts';
import { describe, isSameMachine, newDevice, reenroll } from './enroll-device.ts';

const now = Date.UTC(2026, 5, 1);
const digest = (text: string) => text.padEnd(22, '_');
const components = {
  os_install_id: digest('os'),
  board_id: digest('board'),
  boot_disk: digest('disk'),
  mac: digest('mac'),
  cpu: digest('cpu'),
};
const input = { fingerprint: 'machine-1', components, name: 'Studio', platform: 'linux' };
const origin = { id: 'dev_1', account_id: 'acc_1', license_id: 'lic_1', seat: 1, now };
const enrolled = newDevice(input, origin);

group('newDevice', () => {
  it('is active, has no lease yet, and knows what the machine said of itself', () => {
    expect(enrolled).toMatchObject({
      ...{ id: 'dev_1', account_id: 'acc_1', license_id: 'lic_1', seat: 1 },
      fingerprint: 'machine-1',
      components,
      reenrolled_at: [],
      name: 'Studio',
      platform: 'linux',
      arch: null,
      activated_at: now,
      deactivated_at: null,
      last_seen_at: now,
      lease_sequence: 0,
      lease: null,
    });
    expect(enrolled).not.toHaveProperty('now');
  });

  it('needs no components', () => {
    expect(newDevice({ fingerprint: 'machine-1' }, origin).components).toEqual({});
  });
});

group('isSameMachine', () => {
  const presents = (changes: object) =>
    isSameMachine(enrolled, { ...input, components: { ...components, ...changes } });

  it.each(Object.keys(components))('survives a changed %s', (name) => {
    expect(presents({ [name]: digest('new') })).toBe(true);
  });

  it('needs a strong component to be equal', () => {
    expect(presents({ os_install_id: digest('new'), board_id: digest('new') })).toBe(false);
  });

  it('needs more than half of the enrolled weight: half is not enough', () => {
    expect(presents({ board_id: digest('new'), boot_disk: digest('new') })).toBe(false);
    expect(presents({ board_id: digest('new'), mac: digest('new') })).toBe(true);
    expect(presents({ board_id: digest('new'), mac: digest('new'), cpu: digest('new') })).toBe(false);
  });

  it('never takes two machines without components for one', () => {
    const bare = newDevice({ fingerprint: 'machine-1' }, origin);
    expect(isSameMachine(bare, { fingerprint: 'machine-2' })).toBe(false);
  });
});

group('reenroll', () => {
  const changed = { ...input, components: { ...components, mac: digest('new') } };

  it('of an unchanged machine is free, at any time', () => {
    const worn = { ...enrolled, reenrolled_at: [now - 2, now - 1] };
    expect(reenroll(worn, input, now)).toEqual(worn);
  });

  it('learns what it did not know without counting it', () => {
    const bare = newDevice({ fingerprint: 'machine-1' }, origin);
    expect(reenroll(bare, input, now)).toEqual({ ...bare, components });
  });

  it('forgets nothing that is not shown today', () => {
    const { os_install_id } = components;
    const shown = { fingerprint: 'machine-1', components: { os_install_id } };
    expect(reenroll(enrolled, shown, now)?.components).toEqual(components);
  });

  it('takes a changed component over, and remembers when', () => {
    expect(reenroll(enrolled, changed, now)).toEqual({
      ...enrolled,
      components: changed.components,
      reenrolled_at: [now],
    });
  });

  it('counts a changed fingerprint as a change', () => {
    const renamed = { ...input, fingerprint: 'machine-2' };
    expect(reenroll(enrolled, renamed, now)).toMatchObject({
      fingerprint: 'machine-2',
      reenrolled_at: [now],
    });
  });

  it('happens at most twice in 30 days', () => {
    const worn = { ...enrolled, reenrolled_at: [now - 30 * dayMs + 1, now - dayMs] };
    expect(reenroll(worn, changed, now)).toBeNull();
    expect(reenroll(worn, changed, now + 1)?.reenrolled_at).toEqual([now - dayMs, now + 1]);
  });
});

group('describe', () => {
  it('keeps what the machine does not say today', () => {
    const told = describe(enrolled, { fingerprint: 'machine-1', app_version: '2.0' }, now + 1);
    expect(told).toEqual({ ...enrolled, app_version: '2.0', last_seen_at: now + 1 });
  });

  it('never moves the time a machine was last seen back', () => {
    expect(describe(enrolled, input, now - dayMs).last_seen_at).toBe(now);
  });
});
