import { nodeCrypto } from '@thrivetech/lease/node';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../state/memory-store.ts';
import type { StateStore } from '../state/state-store.ts';
import { withClock, withoutLease, withProblem } from './change-stored.ts';
import { NOW, storedLicense } from './license.fixtures.ts';
import { KeyKeeper, LicenseStore } from './license-store.ts';
import { nothingStored, storedLicenseFormat } from './stored-license.ts';

const format = storedLicenseFormat('prd_1', nodeCrypto.hmacSha256);
const open = (store: StateStore) => new LicenseStore(store, format, () => NOW * 1000);
const timeout = { code: 'TIMEOUT', since: NOW };

/** A disk that refuses while it is full. */
function fullDisk(initial: string) {
  const memory = createMemoryStore(initial);
  const disk = { isFull: true, reads: 0 };
  const store: StateStore = {
    mark: memory.mark,
    read: (accept) => {
      disk.reads += 1;
      return memory.read(accept);
    },
    update: (change, accept) =>
      disk.isFull ? Promise.reject(new Error('ENOSPC')) : memory.update(change, accept),
  };
  return { disk, store, memory };
}

describe('LicenseStore', () => {
  it('gives nothing where nothing is, and says so where it cannot be read', () => {
    expect(open(createMemoryStore()).read()).toEqual(nothingStored);
    expect(open(createMemoryStore('{"license":"free"}')).read()).toBe('damaged');
  });

  it('begins anew over what is damaged', async () => {
    const store = open(createMemoryStore('rubbish'));
    await store.update((stored) => withClock(stored, NOW));
    expect(store.read()).toEqual({ ...nothingStored, high_water: NOW });
  });

  it('reads again only after somebody has written', async () => {
    const { disk, store, memory } = fullDisk(format.write(storedLicense()));
    const opened = open(store);
    for (let count = 0; count < 10; count += 1) opened.read();
    expect(disk.reads).toBe(1);
    await memory.update(() => format.write(nothingStored));
    expect(opened.read()).toEqual(nothingStored);
    expect(disk.reads).toBe(2);
  });

  it('keeps in this process what cannot be written, and writes it with the next change', async () => {
    const { disk, store, memory } = fullDisk(format.write(nothingStored));
    const opened = open(store);
    await expect(opened.update(() => storedLicense())).rejects.toMatchObject({ code: 'STORAGE_ERROR' });
    expect(opened.read()).toEqual(storedLicense());
    expect(opened.failedSince).toBe(NOW * 1000);

    disk.isFull = false;
    await opened.update((stored) => withProblem(stored, timeout));
    expect(opened.failedSince).toBeNull();
    expect(open(memory).read()).toEqual({ ...storedLicense(), problem: timeout });
  });

  it('does not undo with it what another process wrote meanwhile', async () => {
    const { disk, store, memory } = fullDisk(format.write(storedLicense()));
    const opened = open(store);
    await expect(opened.update((stored) => withProblem(stored, timeout))).rejects.toThrow();
    disk.isFull = false;
    await open(memory).update(withoutLease);
    expect(opened.read()).toMatchObject({ lease: null, problem: timeout });
    await opened.update((stored) => withClock(stored, NOW + 1));
    expect(open(memory).read()).toMatchObject({ lease: null, problem: timeout, high_water: NOW + 1 });
  });

  it('lets go of a change that does not matter so much', async () => {
    const { store } = fullDisk(format.write(storedLicense()));
    const opened = open(store);
    await expect(opened.update((stored) => withClock(stored, NOW + 9), false)).rejects.toThrow();
    expect(opened.read()).toEqual(storedLicense());
  });

  it('never throws on reading, also with a storage of the app that does', () => {
    const broken: StateStore = {
      mark: () => {
        throw new Error('gone');
      },
      read: () => ({ kind: 'none' }),
      update: async () => {},
    };
    expect(open(broken).read()).toBe('damaged');
  });
});

describe('the license key at rest', () => {
  const box = {
    seal: async (plain: string) => [...plain].reverse().join(''),
    open: async (sealed: string) => [...sealed].reverse().join(''),
  };

  it('is sealed where the app gives a box', async () => {
    const keeper = new KeyKeeper(box);
    const sealed = await keeper.seal('abc');
    expect(sealed).toEqual({ text: 'cba', isSealed: true });
    expect(await keeper.open(sealed)).toBe('abc');
  });

  it('of a time before there was a box can still be read', async () => {
    expect(await new KeyKeeper(box).open(await new KeyKeeper(undefined).seal('abc'))).toBe('abc');
  });

  it('is asked for again where it is missing, or cannot be opened', async () => {
    const refusing = { ...box, open: () => Promise.reject(new Error('another user')) };
    const required = { code: 'LICENSE_KEY_REQUIRED' };
    await expect(new KeyKeeper(box).open(null)).rejects.toMatchObject(required);
    await expect(new KeyKeeper(undefined).open({ text: 'cba', isSealed: true })).rejects.toMatchObject(
      required,
    );
    await expect(new KeyKeeper(refusing).open({ text: 'cba', isSealed: true })).rejects.toMatchObject(
      required,
    );
  });

  it('that cannot be sealed is not stored', async () => {
    const refusing = { ...box, seal: () => Promise.reject(new Error('locked')) };
    await expect(new KeyKeeper(refusing).seal('abc')).rejects.toMatchObject({ code: 'STORAGE_ERROR' });
  });
});
