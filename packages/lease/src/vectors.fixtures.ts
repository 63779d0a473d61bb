import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sha256 } from './node.ts';

/** What a test of a vector file gives: the refusal by name, and what the schema says of `expected`. */
export interface Outcome {
  readonly result: 'valid' | 'invalid';
  readonly error?: string | undefined;
  readonly expected?: unknown;
}

/** Runs one test. `input`: what the test has; `group`: what its group shares. */
export type Executor = (
  input: Readonly<Record<string, unknown>>,
  group: Readonly<Record<string, unknown>>,
) => Outcome | Promise<Outcome>;

interface Vector extends Outcome {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly input?: Readonly<Record<string, unknown>>;
}

interface VectorFile {
  readonly schema: string;
  readonly numberOfTests: number;
  readonly notes: Readonly<Record<string, unknown>>;
  readonly testGroups: readonly ({ readonly type: string; readonly tests: readonly Vector[] } & Readonly<
    Record<string, unknown>
  >)[];
}

interface Manifest {
  readonly numberOfFiles: number;
  readonly numberOfTests: number;
  readonly files: readonly {
    readonly file: string;
    readonly concerns: 'lease' | 'client';
    readonly schema: string;
    readonly numberOfTests: number;
    readonly sha256: string;
  }[];
}

const folder = new URL('../vectors/', import.meta.url);

export const readVectorText = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

export const manifest: Manifest = JSON.parse(readVectorText('manifest.json'));

/** Names of the vector files that lie in the folder, listed or not. */
export const filesInFolder = (): string[] =>
  readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'manifest.json');

/**
 * Makes a test of every vector, and one more that fails unless each was executed.
 *
 * @param executors by the `type` of a group. A type without one fails.
 */
export function runVectors(files: Manifest['files'], executors: Readonly<Record<string, Executor>>): void {
  const executed = new Set<string>();

  describe.each(files)('$file', (listed) => {
    const text = readVectorText(listed.file);
    const file: VectorFile = JSON.parse(text);

    test('is the file that the manifest lists', () => {
      expect(Buffer.from(sha256(Buffer.from(text))).toString('hex')).toBe(listed.sha256);
      expect(file).toMatchObject({ schema: listed.schema, numberOfTests: listed.numberOfTests });
      const tests = file.testGroups.flatMap((group) => group.tests);
      expect(tests.map(({ tcId }) => tcId)).toEqual(tests.map((_test, index) => index + 1));
      expect(tests).toHaveLength(listed.numberOfTests);
      const flags = new Set(tests.flatMap((one) => one.flags));
      expect([...flags].filter((flag) => !(flag in file.notes))).toEqual([]);
    });

    for (const { tests, ...group } of file.testGroups) {
      test.each(tests)(`#$tcId ${group['comment'] ?? group.type}: $comment`, async (vector) => {
        const execute = executors[group.type];
        if (execute === undefined) throw new Error(`nobody runs vectors of the type ${group.type}`);
        const { result, error, expected } = vector;
        const outcome = await execute(vector.input ?? { ...vector }, group);
        expect(outcome).toEqual({ result, error, expected });
        executed.add(`${listed.file}#${vector.tcId}`);
      });
    }
  });

  test('every vector was executed', () => {
    const total = files.reduce((sum, { numberOfTests }) => sum + numberOfTests, 0);
    expect(total).toBeGreaterThan(0);
    expect(executed.size).toBe(total);
  });
}
