import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

const storeModule = new URL('./file-store.ts', import.meta.url).href;

/** A folder of this test's own, gone after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'thrive-state-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A process that runs `script` with `store`, the file store of `folder`, and `say`, which reaches `lines` at once. */
export function startProcess(folder: string, script: string, prelude: readonly string[] = []) {
  const source = `
    import { createFileStore } from ${JSON.stringify(storeModule)};
    import { writeSync } from 'node:fs';
    const store = createFileStore({ productId: 'prd_1', directory: ${JSON.stringify(folder)} });
    const say = (text) => writeSync(1, text + '\\n');
    ${script}`;
  const node = [process.execPath, '--no-warnings', '--input-type=module', '-e', source];
  const [command = '', ...args] = [...prelude, ...node];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, ended, lines: createInterface({ input: child.stdout }) };
}
