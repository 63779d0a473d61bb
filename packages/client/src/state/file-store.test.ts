import * as fs from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { createFileStore, openFileStore } from './file-store.ts';
import { createMemoryStore } from './memory-store.ts';
import { nodeHost } from './node-host.ts';
import { temporaryFolder } from './state.fixtures.ts';
import type { StateFiles } from './state-host.ts';
import type { StateStore, StoredText } from './state-store.ts';

const productId = 'prd_1';
const text = (value: string): StoredText => ({ kind: 'text', text: value });
const write = (store: StateStore, value: string | null) => store.update(() => value);
const failure = (code: string) => Object.assign(new Error(`${code}: made up`), { code });

function openFolder(files: Partial<StateFiles> = {}, platform: string = process.platform) {
  const directory = join(temporaryFolder(), 'state');
  const host = { ...nodeHost, files: { ...fs, ...files }, platform };
  const store = openFileStore({ productId, directory }, host);
  const path = join(directory, 'license-prd_1.json');
  return { directory, store, path, backup: `${path}.bak`, names: () => fs.readdirSync(directory).sort() };
}

describe.each([
  ['the file store', () => openFolder().store],
  ['the memory store', () => createMemoryStore()],
])('%s', (_name, open) => {
  test('gives back what was stored, and nothing before and after', async () => {
    const store = open();
    expect(store.read()).toEqual({ kind: 'none' });
    await write(store, 'one');
    expect(store.read()).toEqual(text('one'));
    await write(store, 'zwei ✓ 😀 \0\r\n');
    expect(store.read()).toEqual(text('zwei ✓ 😀 \0\r\n'));
    await write(store, null);
    expect(store.read()).toEqual({ kind: 'none' });
  });

  test('hands a change what is stored', async () => {
    const store = open();
    const seen: StoredText[] = [];
    for (const value of ['one', 'two', null, 'three']) {
      await store.update((current) => {
        seen.push(current);
        return value;
      });
    }
    expect(seen).toEqual([{ kind: 'none' }, text('one'), text('two'), { kind: 'none' }]);
  });

  test('gives the text before when the newest is not accepted, and says when none is', async () => {
    const store = open();
    await write(store, 'one');
    await write(store, 'two');
    expect(store.read((each) => each !== 'two')).toEqual(text('one'));
    expect(store.read(() => false)).toEqual({ kind: 'damaged' });
    expect(store.read((each) => JSON.parse(each))).toEqual({ kind: 'damaged' });
  });

  test('keeps the last accepted text as the one before, however often the newest is not accepted', async () => {
    const store = open();
    const accept = (each: string) => each.startsWith('good');
    const seen: StoredText[] = [];
    for (const value of ['good 1', 'bad 2', 'bad 3', 'good 4', 'bad 5']) {
      await store.update((current) => {
        seen.push(current);
        return value;
      }, accept);
    }
    expect(seen).toEqual([{ kind: 'none' }, text('good 1'), text('good 1'), text('good 1'), text('good 4')]);
    expect(store.read(accept)).toEqual(text('good 4'));
  });

  test('a removed text does not come back as the one before', async () => {
    const store = open();
    await write(store, 'one');
    await write(store, 'two');
    await write(store, null);
    await write(store, 'three');
    expect(store.read((each) => each !== 'three')).toEqual({ kind: 'damaged' });
  });

  test('what a change throws passes through, and what was stored stays', async () => {
    const store = open();
    await write(store, 'one');
    const error = new Error('no');
    const update = store.update(() => {
      throw error;
    });
    await expect(update).rejects.toBe(error);
    expect(store.read()).toEqual(text('one'));
    await write(store, 'two');
    expect(store.read()).toEqual(text('two'));
  });

  test('updates that overlap are one after the other', async () => {
    const store = open();
    const increment = (current: StoredText) => String(current.kind === 'text' ? Number(current.text) + 1 : 1);
    await Promise.all(Array.from({ length: 30 }, () => store.update(increment)));
    expect(store.read()).toEqual(text('30'));
  });

  test('the mark changes with every write and with nothing else', async () => {
    const store = open();
    const marks = [store.mark()];
    for (const value of ['one', 'one', 'two', 'one', null, 'one']) {
      await write(store, value);
      store.read();
      marks.push(store.mark());
      expect(store.mark()).toBe(marks.at(-1));
    }
    const removed = marks.slice(1, -2).concat(marks.at(-1) ?? '');
    expect(new Set(removed).size).toBe(5);
    expect(marks.at(-2)).not.toBe(marks.at(-3));
  });
});

describe('the file store', () => {
  test('touches the disk only when it is asked to write', () => {
    const { store, directory } = openFolder();
    store.read();
    store.mark();
    expect(fs.existsSync(directory)).toBe(false);
  });

  test.runIf(process.platform !== 'win32')(
    'nobody but the owner can read it, whatever the umask',
    async () => {
      const umask = process.umask(0);
      try {
        const { store, directory, path, backup } = openFolder();
        await write(store, 'one');
        await write(store, 'two');
        const mode = (each: string) => (fs.statSync(each).mode & 0o777).toString(8);
        expect([directory, path, backup, `${path}.lock`].map(mode)).toEqual(['700', '600', '600', '700']);
      } finally {
        process.umask(umask);
      }
    },
  );

  test('leaves the text, the one before and a free lock behind, and nothing else', async () => {
    const { store, directory, names } = openFolder();
    for (const value of ['one', 'two', 'three']) await write(store, value);
    expect(names()).toEqual(['license-prd_1.json', 'license-prd_1.json.bak', 'license-prd_1.json.lock']);
    expect(fs.readdirSync(join(directory, 'license-prd_1.json.lock'))).toEqual(['free']);
    await write(store, null);
    expect(names()).toEqual(['license-prd_1.json.lock']);
  });

  test('two stores of one folder see what the other wrote; another product sees nothing', async () => {
    const { store, directory } = openFolder();
    const sibling = createFileStore({ productId, directory });
    const stranger = createFileStore({ productId: 'prd_2', directory });
    await write(store, 'one');
    const mark = sibling.mark();
    expect(sibling.read()).toEqual(text('one'));
    await write(store, 'two');
    expect(sibling.mark()).not.toBe(mark);
    expect(stranger.read()).toEqual({ kind: 'none' });
  });

  test.each(['../../etc/passwd', 'con', '', 'ünïcode', 'a'.repeat(300)])(
    'product %j stays in its folder',
    async (id) => {
      const directory = temporaryFolder();
      const store = createFileStore({ productId: id, directory });
      await write(store, id || 'empty');
      expect(store.read()).toEqual(text(id || 'empty'));
      expect(fs.readdirSync(directory).every((name) => /^license-[0-9a-f]{32}\.json/.test(name))).toBe(true);
    },
  );

  const damages: [string, (path: string) => void][] = [
    ['is empty after a crash', (path) => fs.writeFileSync(path, '')],
    ['is not UTF-8', (path) => fs.writeFileSync(path, Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))],
    ['is far too large', (path) => fs.writeFileSync(path, Buffer.alloc(1024 * 1024 + 1, 'a'))],
    ['was deleted', (path) => fs.rmSync(path)],
    [
      'is a folder',
      (path) => {
        fs.rmSync(path);
        fs.mkdirSync(path);
      },
    ],
  ];
  test.each(damages)('a text that %s gives way to the one before', async (_name, damage) => {
    const { store, path, backup } = openFolder();
    await write(store, 'one');
    await write(store, 'two');
    const mark = store.mark();
    damage(path);
    expect(store.read()).toEqual(text('one'));
    expect(store.mark()).not.toBe(mark);
    fs.rmSync(backup);
    expect(store.read()).toEqual({ kind: fs.existsSync(path) ? 'damaged' : 'none' });
  });

  test('a damaged text is healed by the next write and does not replace the one before', async () => {
    const { store, path, backup } = openFolder();
    await write(store, 'one');
    await write(store, 'two');
    fs.writeFileSync(path, '');
    await write(store, 'three');
    expect(store.read()).toEqual(text('three'));
    expect(fs.readFileSync(backup, 'utf8')).toBe('one');
  });

  test('a crash between backup and new text leaves the old one, and the next write goes on from there', async () => {
    const { store, path, backup, names } = openFolder();
    await write(store, 'one');
    fs.linkSync(path, backup);
    expect(store.read()).toEqual(text('one'));
    await write(store, 'two');
    expect(store.read()).toEqual(text('two'));
    expect(fs.readFileSync(backup, 'utf8')).toBe('one');
    expect(names().filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test.runIf(process.platform !== 'win32')(
    'a pipe in the place of the file does not make the app wait',
    () => {
      const { store, directory, path } = openFolder();
      fs.mkdirSync(directory);
      const { execFileSync } = process.getBuiltinModule('node:child_process');
      execFileSync('mkfifo', [path]);
      expect(store.read()).toEqual({ kind: 'damaged' });
    },
  );

  // Each call that a full or forbidding disk may refuse, one after the other.
  const refusals: [keyof StateFiles, string][] = [
    ['mkdirSync', 'EACCES'],
    ['openSync', 'EACCES'],
    ['writeFileSync', 'ENOSPC'],
    ['fsyncSync', 'EIO'],
    ['linkSync', 'ENOSPC'],
    ['renameSync', 'EROFS'],
  ];
  test.each(refusals)('%s refused with %s: a clear error, and the old text stays', async (call, code) => {
    const { store: owner, directory, names } = openFolder();
    await write(owner, 'one');
    await write(owner, 'two');
    const refusing = () => {
      throw failure(code);
    };
    const files = { ...fs, [call]: refusing } as StateFiles;
    const store = openFileStore({ productId, directory }, { ...nodeHost, files });
    await expect(write(store, 'three')).rejects.toThrow(`cannot store the license in ${directory}`);
    await expect(write(store, 'three')).rejects.toThrow(code);
    expect(owner.read()).toEqual(text('two'));
    expect(names().filter((name) => name.endsWith('.tmp'))).toEqual([]);
    await write(owner, 'three');
    expect(owner.read()).toEqual(text('three'));
  });

  test('a folder that cannot be: read gives nothing, write says where', async () => {
    const file = join(temporaryFolder(), 'file');
    fs.writeFileSync(file, 'in the way');
    const store = createFileStore({ productId, directory: join(file, 'state') });
    expect(store.read()).toEqual({ kind: 'none' });
    expect(store.mark()).toBe(store.mark());
    await expect(write(store, 'one')).rejects.toThrow(
      /cannot store the license in .*file.state.*(ENOTDIR|EEXIST)/,
    );
  });

  test.each([
    ['ENOTSUP', 'linkSync'],
    ['EPERM', 'linkSync'],
    ['EINVAL', 'fsyncSync'],
  ] as const)('a file system without %s for %s will do', async (code, call) => {
    const { store, backup } = openFolder({
      [call]: () => {
        throw failure(code);
      },
    });
    await write(store, 'one');
    await write(store, 'two');
    expect(store.read()).toEqual(text('two'));
    expect(fs.readFileSync(backup, 'utf8')).toBe('one');
  });

  /** A scanner that holds the text open while it is to be replaced, so many times. */
  function scanned(times: number) {
    let left = times;
    const renameSync: typeof fs.renameSync = (from, to) => {
      if (String(to).endsWith('.json') && left-- > 0) throw failure('EPERM');
      fs.renameSync(from, to);
    };
    let delayMs = 0;
    const delay = async (ms: number) => {
      delayMs += ms;
    };
    const directory = temporaryFolder();
    const host = { ...nodeHost, files: { ...fs, renameSync }, platform: 'win32', delay };
    return { store: openFileStore({ productId, directory }, host), delayedMs: () => delayMs };
  }

  test('on Windows a file that a scanner holds open is tried again, for less than the patience of others', async () => {
    const brief = scanned(5);
    await write(brief.store, 'one');
    expect(brief.store.read()).toEqual(text('one'));
    const endless = scanned(Number.POSITIVE_INFINITY);
    await expect(write(endless.store, 'one')).rejects.toThrow('EPERM');
    expect(endless.store.read()).toEqual({ kind: 'none' });
    expect(endless.delayedMs()).toBeGreaterThan(1_000);
    expect(endless.delayedMs()).toBeLessThan(2_000);
  });

  test('an update that loses its lock meanwhile starts over from what the other one wrote', async () => {
    const { store, directory, path } = openFolder();
    await write(store, 'one');
    const lock = `${path}.lock`;
    const seen: StoredText[] = [];
    await store.update((current) => {
      seen.push(current);
      if (seen.length === 1) {
        // Another process took this one for dead, wrote and went.
        const [mine = ''] = fs.readdirSync(lock);
        fs.renameSync(join(lock, mine), join(lock, 'free'));
        fs.writeFileSync(path, 'from the other one');
      }
      return 'mine';
    });
    expect(seen).toEqual([text('one'), text('from the other one')]);
    expect(store.read()).toEqual(text('mine'));
    expect(fs.readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('a relative folder is the one of the moment when the store was made', async () => {
    const [folder, before] = [temporaryFolder(), process.cwd()];
    const store = createFileStore({ productId, directory: relative(before, folder) });
    process.chdir(folder);
    try {
      await write(store, 'one');
    } finally {
      process.chdir(before);
    }
    expect(fs.readdirSync(folder).sort()).toEqual(['license-prd_1.json', 'license-prd_1.json.lock']);
  });

  test('a user without a home can start the app; storing says what to do', async () => {
    const store = openFileStore({ productId }, { ...nodeHost, homeDirectory: '', env: {} });
    expect(store.read()).toEqual({ kind: 'none' });
    expect(store.mark()).toBe(store.mark());
    await expect(write(store, 'one')).rejects.toThrow('no home directory; name a `directory`');
  });

  test('on Windows a text that cannot be opened for a moment is not damaged', async () => {
    const openSync = vi.fn(fs.openSync);
    const { store } = openFolder({ openSync }, 'win32');
    await write(store, 'one');
    for (const code of ['EPERM', 'EBUSY', 'EACCES']) {
      openSync.mockImplementationOnce(() => {
        throw failure(code);
      });
    }
    expect(store.read()).toEqual(text('one'));
  });

  test.each(['', '\ud800', 'a'.repeat(1024 * 1024 + 1)])(
    'a text that would not come back is refused',
    async (value) => {
      const { store } = openFolder();
      await write(store, 'one');
      await expect(write(store, value)).rejects.toThrow(/not empty can be stored|are not stored/);
      expect(store.read()).toEqual(text('one'));
    },
  );

  test('a folder copied elsewhere, its lock held by the process it came from, is a store like any other', async () => {
    const { store, directory, path } = openFolder();
    await write(store, 'one');
    const copy = join(directory, 'copy');
    fs.mkdirSync(copy);
    for (const name of ['license-prd_1.json', 'license-prd_1.json.lock']) {
      fs.cpSync(join(directory, name), join(copy, name), { recursive: true });
    }
    const copied = createFileStore({ productId, directory: copy });
    await write(copied, 'two');
    expect(copied.read()).toEqual(text('two'));
    expect(fs.readFileSync(path, 'utf8')).toBe('one');
  });
});
