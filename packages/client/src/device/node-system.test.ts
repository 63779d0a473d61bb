import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { boundedReads } from './bounded-reads.ts';
import { nodeSystem } from './node-system.ts';

const unhurried = { eachMs: 60_000, totalMs: 60_000 };
const node = (script: string) => [process.execPath, '-e', script] as const;

function temporaryFile(bytes: Uint8Array | string): string {
  const folder = mkdtempSync(join(tmpdir(), 'thrive-device-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  return path;
}

test('a file is read whole or not at all', async () => {
  const reads = boundedReads(nodeSystem, unhurried);
  for (const length of [0, 1, 16_384, 16_385, 1024 * 1024]) {
    expect(await reads.file(temporaryFile('x'.repeat(length)))).toHaveLength(length);
  }
  expect(await reads.file(temporaryFile('x'.repeat(1024 * 1024 + 1)))).toBeNull();
  expect(await reads.file('/dev/zero')).toBeNull();
});

test('what is not there is null, and an empty list', async () => {
  const reads = boundedReads(nodeSystem, unhurried);
  const missing = `${temporaryFile('')}/missing`;
  expect([await reads.file(missing), await reads.link(missing), await reads.names(missing)]).toEqual([
    null,
    null,
    [],
  ]);
  expect([await reads.output(missing), await reads.output('no\0such')]).toEqual([null, null]);
});

test('a command answers if it ends well, without waiting for input', async () => {
  const reads = boundedReads(nodeSystem, unhurried);
  const [command, ...args] = node("process.stdin.resume().on('end', () => console.log('done'))");
  expect(await reads.output(command, ...args)).toBe('done\n');
  expect(await reads.output(...node("console.log('half'); process.exit(1)"))).toBeNull();
  expect(await reads.output(...node("console.log('x'.repeat(2 ** 21))"))).toBeNull();
});

test('arguments go to the command as they are: no shell reads them', async () => {
  const reads = boundedReads(nodeSystem, unhurried);
  const output = await reads.output(process.execPath, '-p', 'process.argv[1]', '$(id) `id` "a" \'b\' ; c');
  expect(output).toBe('$(id) `id` "a" \'b\' ; c\n');
});

test('a command past its bound is killed', async () => {
  let endTimer = (): void => undefined;
  let pid = 0;
  const system = {
    ...nodeSystem,
    startTimer(_delayMs: number, onEnd: () => void) {
      endTimer = onEnd;
      return () => undefined;
    },
  };
  const marker = temporaryFile('');
  const reads = boundedReads(system, unhurried);
  const output = reads.output(
    ...node(
      `process.on('SIGTERM', () => {}); require('node:fs').writeFileSync(${JSON.stringify(marker)}, String(process.pid)); setInterval(() => {}, 1000)`,
    ),
  );
  onTestFinished(() => {
    if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  });
  while (pid === 0) pid = Number(await boundedReads(nodeSystem, unhurried).file(marker));
  endTimer();
  expect(await output).toBeNull();
  await expect.poll(() => isRunning(pid)).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
