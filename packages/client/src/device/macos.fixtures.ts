import type { Recording } from './recorded-system.fixtures.ts';

const ioreg = (model: string, serial: string, uuid: string) =>
  `+-o ${model}  <class IOPlatformExpertDevice, id 0x100000110, registered, matched, active, busy 0 (86134 ms), retain 37>
    {
      "IOPolledInterface" = "AppleARMWatchdogTimerHibernateHandler is not serializable"
      "#address-cells" = <02000000>
      "manufacturer" = <"Apple Inc.">
      "model" = <"${model}">
      "IOPlatformSerialNumber" = "${serial}"
      "IOPlatformUUID" = "${uuid}"
      "IOBusyInterest" = "IOCommand is not serializable"
      "board-id" = <"Mac-7BA5B2D9E42DDD94">
      "serial-number" = <43303200000000000000000000433032584a30324c4d44000000000000000000>
    }

`;
const diskutil = (...ids: readonly (readonly [string, string])[]) => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
\t<key>AESHardware</key>
\t<false/>
\t<key>APFSContainerReference</key>
\t<string>disk3</string>
\t<key>DeviceIdentifier</key>
\t<string>disk3s1s1</string>
\t<key>MountPoint</key>
\t<string>/</string>
${ids.map(([key, value]) => `\t<key>${key}</key>\n\t<string>${value}</string>`).join('\n')}
\t<key>WritableVolume</key>
\t<false/>
</dict>
</plist>
`;
const ports = (...list: readonly (readonly [string, string, string])[]) =>
  `${list.map(([port, device, address]) => `\nHardware Port: ${port}\nDevice: ${device}\nEthernet Address: ${address}\n`).join('')}
VLAN Configurations
===================
`;
const systemVersion = (version: string) => ({
  '/System/Library/CoreServices/SystemVersion.plist': `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0">
<dict>
\t<key>ProductName</key>
\t<string>macOS</string>
\t<key>ProductVersion</key>
\t<string>${version}</string>
</dict>
</plist>
`,
});

const IOREG = 'ioreg -rd1 -c IOPlatformExpertDevice';
const DISKUTIL = 'diskutil info -plist /';
const PORTS = 'networksetup -listallhardwareports';
const IS_GUEST = 'sysctl -n kern.hv_vmm_present';
const macos = { platform: 'darwin', version: 'Darwin Kernel Version' };

/** A MacBook Pro of 2019 with an adapter plugged in that comes before the built-in Wi-Fi by name. */
export const intelMac: Recording = {
  ...macos,
  arch: 'x64',
  hostname: 'Adas-MacBook-Pro.local',
  release: '22.6.0',
  cpuModel: 'Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz',
  files: systemVersion('13.7.1'),
  commands: {
    [IOREG]: ioreg('MacBookPro16,1', 'C02ZR1Q7MD6T', '7C2D10A5-43BE-5F0A-9E71-0D83F1B5C264'),
    [DISKUTIL]: diskutil(
      ['APFSVolumeGroupID', '5E1F9A20-7B3C-4D6E-8F90-A1B2C3D4E5F6'],
      ['VolumeUUID', '0C9B8A76-5D4E-4F3A-8B2C-1D0E9F8A7B6C'],
    ),
    [PORTS]: ports(
      ['USB 10/100/1000 LAN', 'en0', '00:e0:4c:68:2a:91'],
      ['Wi-Fi', 'en1', 'f8:ff:c2:1b:7d:30'],
      ['Bluetooth PAN', 'en4', 'f8:ff:c2:1b:7d:31'],
      ['Thunderbolt 1', 'en2', '82:f0:a5:4c:10:01'],
      ['Thunderbolt Bridge', 'bridge0', '82:f0:a5:4c:10:01'],
    ),
    [IS_GUEST]: '0\n',
  },
};

/** A MacBook Pro of 2021 with Apple's own processor. */
export const appleSiliconMac: Recording = {
  ...macos,
  arch: 'arm64',
  hostname: 'grace',
  release: '24.1.0',
  cpuModel: 'Apple M1 Pro',
  files: systemVersion('15.1'),
  commands: {
    [IOREG]: ioreg('MacBookPro18,3', 'KXWJT7QHLM', 'A2E8F417-90C3-5B6D-8E1A-47F0C9D2B358'),
    [DISKUTIL]: diskutil(['VolumeUUID', '9A8B7C6D-5E4F-4A3B-9C2D-1E0F8A7B6C5D']),
    [PORTS]: ports(
      ['Ethernet Adapter (en4)', 'en4', '4e:3f:77:0a:12:c4'],
      ['Wi-Fi', 'en0', 'bc:d0:74:5a:e1:06'],
      ['Thunderbolt Bridge', 'bridge0', '36:7e:0d:91:b2:c0'],
    ),
    [IS_GUEST]: '0\n',
  },
};

/** A guest of Apple's virtualization framework, on which most tools were removed by the vendor of the image. */
export const macGuest: Recording = {
  ...macos,
  arch: 'arm64',
  hostname: 'Managed-Virtual-Machine',
  release: '23.6.0',
  cpuModel: 'Apple M2 (Virtual)',
  commands: {
    [IOREG]: ioreg('VirtualMac2,1', 'ZD4K7NQ0XW', 'D1B0A9F8-E7C6-5D5B-4A39-28170F6E5D4C'),
  },
};
