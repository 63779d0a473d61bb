import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { LicenseState } from '../../src/index.ts';

const script = `
  import { createInterface } from 'node:readline';
  const { ThriveLicense, createFileStore } = await import(process.env.SDK);
  const { directory, ...options } = JSON.parse(process.env.OPTIONS);
  const storage = createFileStore({ productId: options.productId, directory });
  const license = new ThriveLicense({ ...options, storage });
  await license.load();
  console.log('{}');
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, ...args] = JSON.parse(line);
    const answer = await Promise.resolve(license[command](...args)).catch((error) => ({ error: error.code ?? String(error) }));
    console.log(JSON.stringify(answer));
  }`;

interface Answer {
  readonly result?: string;
  readonly code?: string;
  readonly error?: string;
}

/** An app in a process of its own, on this very machine, that does what it is told. */
export interface AppProcess {
  ask(command: 'activate' | 'validate' | 'deactivate', ...args: readonly string[]): Promise<Answer>;
  check(): Promise<LicenseState>;
  end(): Promise<void>;
}

export async function startApp(options: object, directory: string): Promise<AppProcess> {
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], {
    env: {
      PATH: process.env['PATH'],
      HOME: directory,
      SDK: new URL('../../src/index.ts', import.meta.url).href,
      OPTIONS: JSON.stringify({ ...options, directory }),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => JSON.parse(String((await lines.next()).value));
  const send = (...command: readonly string[]) => {
    child.stdin.write(`${JSON.stringify(command)}\n`);
    return answer();
  };
  await answer();
  return {
    ask: send,
    check: () => send('check'),
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}
