import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createFileStore, ThriveLicense } from '../../src/index.ts';
import { createEmulator, createTestMachine } from '../../src/testing/index.ts';

const directory = mkdtempSync(join(tmpdir(), 'thrive-check-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Microseconds of each of so many calls, sorted. */
function measure(count: number, call: () => void): number[] {
  const took: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    call();
    took.push((performance.now() - start) * 1000);
  }
  return took.sort((left, right) => left - right);
}

it('a check with the state on disk costs well below a millisecond', async () => {
  const emulator = await createEmulator();
  const { productId } = emulator.connection;
  const storage = createFileStore({ productId, directory });
  const license = new ThriveLicense({ ...emulator.connection, storage, device: createTestMachine() });
  await license.activate(emulator.addLicense({ features: { export: true, projects: 5 } }).key);
  const [first = 0] = measure(1, () => license.check());
  measure(500, () => license.check());
  const took = measure(2_000, () => license.check());
  const [median = 0, p99 = 0] = [took[1_000], took[1_980]];
  expect(license.check().status).toBe('active');
  const micro = (value: number) => `${value.toFixed(0)} µs`;
  console.log(`check(): first ${micro(first)}, then median ${micro(median)}, p99 ${micro(p99)}`);
  expect(median).toBeLessThan(1_000);
});
