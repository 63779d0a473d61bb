import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TestDatabase } from './each-database.ts';
import { collect, compileCache, type Exit } from './server-process.ts';

type Home = Pick<TestDatabase, 'dataDir' | 'databaseUrl'>;

/** Starts a command of the operator's tool as a process of its own, as a shell would. */
export function startThrive(
  home: Home,
  args: readonly string[],
  env: Record<string, string> = {},
): { child: ChildProcess; exited: Promise<Exit> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/cli/main.ts'), ...args], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: compileCache,
      DATA_DIR: home.dataDir,
      ...(home.databaseUrl && { DATABASE_URL: home.databaseUrl }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, exited: collect(child) };
}

/** Runs a command to its end. */
export const thrive = (
  home: Home,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Exit> => startThrive(home, args, env).exited;

/** Runs a command that must succeed. @returns the JSON it prints. */
export async function thriveJson<Value>(home: Home, ...args: string[]): Promise<Value> {
  const { code, stdout, stderr } = await thrive(home, [...args, '--json']);
  if (code !== 0) throw new Error(`thrive ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return JSON.parse(stdout) as Value;
}
