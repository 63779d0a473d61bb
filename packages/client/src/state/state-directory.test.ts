import { expect, test } from 'vitest';
import { stateDirectory } from './state-directory.ts';

test.each([
  ['linux', '/home/ada', {}, '/home/ada/.local/state/thrivetech'],
  ['linux', '/home/ada', { XDG_STATE_HOME: '/data/state' }, '/data/state/thrivetech'],
  ['linux', '/home/ada', { XDG_STATE_HOME: 'relative' }, '/home/ada/.local/state/thrivetech'],
  ['linux', '/home/ada', { XDG_STATE_HOME: '' }, '/home/ada/.local/state/thrivetech'],
  ['freebsd', '/home/ada', {}, '/home/ada/.local/state/thrivetech'],
  ['darwin', '/Users/ada', {}, '/Users/ada/Library/Application Support/thrivetech'],
  [
    'win32',
    'C:\\Users\\ada',
    { LOCALAPPDATA: 'D:\\Profiles\\ada\\Local' },
    'D:\\Profiles\\ada\\Local\\thrivetech',
  ],
  ['win32', 'C:\\Users\\ada', {}, 'C:\\Users\\ada\\AppData\\Local\\thrivetech'],
  ['linux', '', {}, null],
  ['linux', '', { XDG_STATE_HOME: '/data/state' }, '/data/state/thrivetech'],
  ['darwin', '', {}, null],
  ['win32', '', {}, null],
])('on %s in %s with %j it is %s', (platform, homeDirectory, env, expected) => {
  expect(stateDirectory({ platform, homeDirectory, env })).toBe(expected);
});
