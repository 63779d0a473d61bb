import type { DeviceInput } from '@thrivetech/contracts';
import { plainLetters } from './names.ts';
import type { Random } from './random.ts';

const hexDigits = '0123456789abcdef';
const base64UrlDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const capitals = 'ABCDEFGHJKLMNPQRSTUVWXYZ0123456789';

type Model = Pick<Required<DeviceInput>, 'platform' | 'arch' | 'os_version' | 'environment'> & {
  readonly name: (user: string, random: Random) => string;
};

const windowsName: Model['name'] = (user, random) =>
  random.chance(0.6)
    ? `DESKTOP-${random.text(capitals, 7)}`
    : `${plainLetters(user).toUpperCase()}-${random.pick(['PC', 'LAPTOP', 'WORK'])}`;
const macName: Model['name'] = (user, random) =>
  `${user}'s ${random.pick(['MacBook Pro', 'MacBook Air', 'Mac mini', 'Mac Studio', 'iMac'])}`;
const linuxName: Model['name'] = (user, random) =>
  `${plainLetters(user)}-${random.pick(['thinkpad', 'xps', 'framework', 'workstation'])}`;
const serverName: Model['name'] = (_user, random) =>
  `${random.pick(['build', 'render', 'app', 'ci'])}-${random.text('0123456789', 2)}`;

const windows = { platform: 'win32', environment: 'desktop', name: windowsName } as const;
const mac = { platform: 'darwin', environment: 'desktop', name: macName } as const;
const linux = { platform: 'linux', environment: 'desktop', name: linuxName } as const;

/** Machines as people have them: the more often a model stands here, the more there are. */
const models: readonly Model[] = [
  { ...windows, arch: 'x64', os_version: '10.0.26100' },
  { ...windows, arch: 'x64', os_version: '10.0.26100' },
  { ...windows, arch: 'x64', os_version: '10.0.22631' },
  { ...windows, arch: 'x64', os_version: '10.0.19045' },
  { ...windows, arch: 'arm64', os_version: '10.0.26100' },
  { ...mac, arch: 'arm64', os_version: '26.1' },
  { ...mac, arch: 'arm64', os_version: '15.7.1' },
  { ...mac, arch: 'arm64', os_version: '15.6' },
  { ...mac, arch: 'x64', os_version: '14.8' },
  { ...linux, arch: 'x64', os_version: 'Ubuntu 24.04.3 LTS' },
  { ...linux, arch: 'x64', os_version: 'Fedora 43' },
  { ...linux, arch: 'x64', os_version: 'Debian 13', environment: 'server', name: serverName },
  { ...linux, arch: 'x64', os_version: 'Ubuntu 22.04.5 LTS', environment: 'vm', name: serverName },
];

/** A machine as the app on it presents it. Some apps also send digests of its parts. */
export function machineOf(user: string, app_version: string, random: Random): DeviceInput {
  const { name, ...model } = random.pick(models);
  return {
    fingerprint: random.text(hexDigits, 32),
    ...(random.chance(0.3) && {
      components: {
        os_install_id: random.text(base64UrlDigits, 22),
        board_id: random.text(base64UrlDigits, 22),
        cpu: random.text(base64UrlDigits, 22),
      },
    }),
    name: name(user, random),
    ...model,
    app_version,
  };
}
