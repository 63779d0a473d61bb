import { posix, win32 } from 'node:path';
import type { StateHost } from './state-host.ts';

const FOLDER = 'thrivetech';

/**
 * Where this system keeps what a program remembers for one user, and does not send to the user's other machines.
 * Null for a user without a home, such as a service's: never a folder that depends on where the app was started.
 */
export function stateDirectory(host: Pick<StateHost, 'platform' | 'env' | 'homeDirectory'>): string | null {
  const { platform, env, homeDirectory: home } = host;
  const path = platform === 'win32' ? win32 : posix;
  const base = baseDirectory(platform, env, (...names) => path.join(home, ...names));
  return path.isAbsolute(base) ? path.join(base, FOLDER) : null;
}

function baseDirectory(
  platform: string,
  env: StateHost['env'],
  inHome: (...names: readonly string[]) => string,
): string {
  const { LOCALAPPDATA, XDG_STATE_HOME } = env;
  if (platform === 'win32') return LOCALAPPDATA || inHome('AppData', 'Local');
  if (platform === 'darwin') return inHome('Library', 'Application Support');
  // The XDG base directory specification: a relative path is to be ignored.
  return XDG_STATE_HOME?.startsWith('/') ? XDG_STATE_HOME : inHome('.local', 'state');
}
