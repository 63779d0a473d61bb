import { describe, expect, test } from 'vitest';
import { filesInFolder, manifest, runVectors } from '../../lease/src/vectors.fixtures.ts';
import { leaseExecutors, onNode } from '../../lease/src/vectors-lease.fixtures.ts';
import { clientExecutors } from './vectors/client-executors.ts';

// What every client in whatever language is held to: all files of the folder, all tests of each.
test('every file of the folder is in the manifest', () => {
  expect(manifest.files.map(({ file }) => file).toSorted()).toEqual(filesInFolder().toSorted());
});

describe('the shared vectors', () => {
  runVectors(manifest.files, { ...leaseExecutors(onNode), ...clientExecutors });
});
