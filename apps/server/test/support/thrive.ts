import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestDatabase } from './each-database.ts';
import type { Exit } from './server-process.ts';

type Home = Pick<TestDatabase, 'dataDir' | 'databaseUrl'>;

/** Runs a command of the operator's tool as a process of its own, as a shell would. */
export async function thrive(
  home: Home,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Exit> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/cli/main.ts'), ...args], {
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: home.dataDir,
      ...(home.databaseUrl && { DATABASE_URL: home.databaseUrl }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** Runs a command that must succeed. @returns the JSON it prints. */
export async function thriveJson<Value>(home: Home, ...args: string[]): Promise<Value> {
  const { code, stdout, stderr } = await thrive(home, [...args, '--json']);
  if (code !== 0) throw new Error(`thrive ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return JSON.parse(stdout) as Value;
}
