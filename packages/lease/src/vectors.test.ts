import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FOREIGN_FILE, generateVectors } from '../scripts/vectors/all.ts';
import { filesInFolder, manifest, readVectorText, runVectors } from './vectors.fixtures.ts';
import { leaseExecutors, onNode, onWebCrypto } from './vectors-lease.fixtures.ts';

const ours = manifest.files.filter(({ concerns }) => concerns === 'lease');

describe('the folder of vectors', () => {
  test('holds the files that the manifest lists, and no other', () => {
    expect(manifest.files.map(({ file }) => file).toSorted()).toEqual(filesInFolder().toSorted());
    expect(manifest.numberOfFiles).toBe(manifest.files.length);
    expect(manifest.numberOfTests).toBe(manifest.files.reduce((sum, file) => sum + file.numberOfTests, 0));
  });

  test('is what the generator writes, byte for byte', () => {
    const generated = generateVectors(readVectorText(FOREIGN_FILE));
    for (const [name, text] of generated) {
      expect(readVectorText(name) === text, `${name}: run \`npm run vectors -w packages/lease\``).toBe(true);
    }
    expect([...generated.keys(), FOREIGN_FILE].toSorted()).toEqual(
      [...filesInFolder(), 'manifest.json'].toSorted(),
    );
  });

  test('is executed as a whole by the client', () => {
    expect(existsSync(new URL('../../client/test/vectors.test.ts', import.meta.url))).toBe(true);
    expect(manifest.files.filter(({ concerns }) => concerns !== 'lease' && concerns !== 'client')).toEqual(
      [],
    );
  });
});

describe('on node:crypto', () => runVectors(ours, leaseExecutors(onNode)));

describe('on WebCrypto', () => runVectors(ours, leaseExecutors(onWebCrypto)));
