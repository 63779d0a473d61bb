import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadMasterKey, MasterKey, readOrCreateSecretFile } from './master-key.ts';

describe('derived keys', () => {
  it('are the same for one purpose, and tell nothing of each other', () => {
    const key = new MasterKey(Buffer.alloc(32, 7));
    const [one, two] = [key.derive('one'), key.derive('two')];
    expect(one).toHaveLength(32);
    expect(one).toEqual(key.derive('one'));
    expect(one).not.toEqual(two);
    expect(one).not.toEqual(new MasterKey(Buffer.alloc(32, 8)).derive('one'));
  });

  it('stay what they were: stored license keys depend on them', () => {
    expect(new MasterKey(Buffer.alloc(32, 7)).derive('license-key-lookup').toString('hex')).toBe(
      '77f2d26dc9aac8f0166e835f11a84020b4aa5b54a1aecd2aff23678a7d7cd7fe',
    );
  });

  it.each([0, 16, 31, 33])('are not made from a secret of %i bytes', (length) => {
    expect(() => new MasterKey(Buffer.alloc(length))).toThrow('32 bytes');
  });
});

describe('a secret file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'thrive-secret-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is made once, with its folder, for its owner alone', () => {
    const path = join(folder, 'keys', 'master.key');
    let made = 0;
    const create = () => `secret ${++made}`;
    expect(readOrCreateSecretFile(path, create)).toBe('secret 1');
    expect(readOrCreateSecretFile(path, create)).toBe('secret 1');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700);
  });

  it('that another start made in between is kept, not replaced', () => {
    const path = join(folder, 'master.key');
    const read = readOrCreateSecretFile(path, () => {
      writeFileSync(path, 'theirs');
      return 'ours';
    });
    expect(read).toBe('theirs');
    expect(readFileSync(path, 'utf8')).toBe('theirs');
  });

  it('that cannot be read stops the start; nothing is made in its place', () => {
    expect(() => readOrCreateSecretFile(folder, () => 'new')).toThrow();
    const inFile = join(folder, 'file');
    writeFileSync(inFile, 'x');
    expect(() => readOrCreateSecretFile(join(inFile, 'master.key'), () => 'new')).toThrow();
    expect(existsSync(join(inFile, 'master.key'))).toBe(false);
  });

  it('holds one master key for ever', () => {
    const path = join(folder, 'master.key');
    const first = loadMasterKey(path).derive('x');
    expect(loadMasterKey(path).derive('x')).toEqual(first);
  });

  it.each(['', '\n', 'short', 'A'.repeat(42)])('with a damaged master key stops the start: %j', (text) => {
    const path = join(folder, 'master.key');
    writeFileSync(path, text);
    expect(() => loadMasterKey(path)).toThrow('32 bytes');
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
