import type { Recording } from './recorded-system.fixtures.ts';

const windows = { platform: 'win32', arch: 'x64' };

const registry = (key: string, values: readonly (readonly [string, string, string])[]) =>
  `\r\nHKEY_LOCAL_MACHINE\\${key}\r\n${values.map(([name, type, value]) => `    ${name}    ${type}    ${value}\r\n`).join('')}\r\n`;

const CRYPTOGRAPHY = 'query HKLM\\SOFTWARE\\Microsoft\\Cryptography /v MachineGuid /reg:64';
const HARDWARE = 'query HKLM\\SYSTEM\\HardwareConfig /v LastConfig /reg:64';
const mounts = (drive: string) => `query HKLM\\SYSTEM\\MountedDevices /v \\DosDevices\\${drive} /reg:64`;
const BIOS = 'query HKLM\\HARDWARE\\DESCRIPTION\\System\\BIOS /reg:64';

const machineGuid = (guid: string) => ({
  [`reg.exe ${CRYPTOGRAPHY}`]: registry('SOFTWARE\\Microsoft\\Cryptography', [
    ['MachineGuid', 'REG_SZ', guid],
  ]),
});
const hardwareConfig = (uuid: string) => ({
  [`reg.exe ${HARDWARE}`]: registry('SYSTEM\\HardwareConfig', [['LastConfig', 'REG_SZ', uuid]]),
});
const mountedDevice = (drive: string, value: string) => ({
  [`reg.exe ${mounts(drive)}`]: registry('SYSTEM\\MountedDevices', [
    [`\\DosDevices\\${drive}`, 'REG_BINARY', value],
  ]),
});
const bios = (manufacturer: string, product: string) => ({
  [`reg.exe ${BIOS}`]: registry('HARDWARE\\DESCRIPTION\\System\\BIOS', [
    ['BiosMajorRelease', 'REG_DWORD', '0x1'],
    ['SystemManufacturer', 'REG_SZ', manufacturer],
    ['SystemProductName', 'REG_SZ', product],
    ['BaseBoardProduct', 'REG_SZ', ' '],
  ]),
});

const GPT_PREFIX = '444D494F3A49443A';

/** A Dell laptop with Windows 11 in English: cable out, in a dock, a tunnel and Hyper-V installed. */
export const windows11Laptop: Recording = {
  ...windows,
  hostname: 'LAPTOP-7QK2M1D9',
  release: '10.0.22631',
  version: 'Windows 11 Pro',
  cpuModel: '12th Gen Intel(R) Core(TM) i7-1260P             ',
  env: { SystemRoot: 'C:\\Windows', SystemDrive: 'C:', USERNAME: 'ada' },
  commands: {
    ...machineGuid('b7c1f2d3-8e4a-4f5b-9c60-1d2e3f4a5b6c'),
    ...hardwareConfig('{4c4c4544-0042-3510-8052-b7c04f4b4e32}'),
    ...mountedDevice('C:', `${GPT_PREFIX}A1F03C5E7B29D84C96E2105F8A3B7D41`),
    ...bios('Dell Inc.', 'Latitude 5430'),
    'ipconfig.exe /all': `\r
Windows IP Configuration\r
\r
   Host Name . . . . . . . . . . . . : LAPTOP-7QK2M1D9\r
   Node Type . . . . . . . . . . . . : Hybrid\r
\r
Ethernet adapter Ethernet:\r
\r
   Media State . . . . . . . . . . . : Media disconnected\r
   Description . . . . . . . . . . . : Intel(R) Ethernet Connection (16) I219-LM\r
   Physical Address. . . . . . . . . : C8-F7-50-3A-91-0E\r
   DHCP Enabled. . . . . . . . . . . : Yes\r
\r
Ethernet adapter Ethernet 3:\r
\r
   Description . . . . . . . . . . . : Realtek USB GbE Family Controller\r
   Physical Address. . . . . . . . . : 00-E0-4C-36-1B-77\r
   DHCPv6 IAID . . . . . . . . . . . : 100720716\r
   DHCPv6 Client DUID. . . . . . . . : 00-01-00-01-2B-7F-10-4D-C8-F7-50-3A-91-0E\r
\r
Ethernet adapter vEthernet (Default Switch):\r
\r
   Description . . . . . . . . . . . : Hyper-V Virtual Ethernet Adapter\r
   Physical Address. . . . . . . . . : 00-15-5D-4B-0A-11\r
\r
Wireless LAN adapter Local Area Connection* 1:\r
\r
   Description . . . . . . . . . . . : Microsoft Wi-Fi Direct Virtual Adapter\r
   Physical Address. . . . . . . . . : 2E-6D-C1-90-3F-A5\r
\r
Wireless LAN adapter Wi-Fi:\r
\r
   Description . . . . . . . . . . . : Intel(R) Wi-Fi 6E AX211 160MHz\r
   Physical Address. . . . . . . . . : F0-9E-4A-77-C3-12\r
\r
Ethernet adapter Bluetooth Network Connection:\r
\r
   Description . . . . . . . . . . . : Bluetooth Device (Personal Area Network)\r
   Physical Address. . . . . . . . . : 2C-6D-C1-90-3F-A9\r
\r
Tunnel adapter Teredo Tunneling Pseudo-Interface:\r
\r
   Physical Address. . . . . . . . . : 00-00-00-00-00-00-00-E0\r
`,
  },
};

/** A computer out of parts with Windows 10 in German: junk in the firmware, a master boot record, Windows on D:. */
export const windows10Junk: Recording = {
  ...windows,
  hostname: 'WERKSTATT',
  release: '10.0.19045',
  version: 'Windows 10 Home',
  cpuModel: 'AMD Ryzen 5 3600 6-Core Processor              ',
  env: { SystemRoot: 'D:\\WINDOWS', SystemDrive: 'D:' },
  commands: {
    ...machineGuid('2f0e9d8c-7b6a-4950-8372-615049382716'),
    ...hardwareConfig('{03000200-0400-0500-0006-000700080009}'),
    ...mountedDevice('D:', 'D4C3B2A10000100000000000'),
    ...bios('System manufacturer', 'System Product Name'),
    'ipconfig.exe /all': `\r
Windows-IP-Konfiguration\r
\r
Ethernet-Adapter Ethernet:\r
\r
   Beschreibung. . . . . . . . . . . : Realtek PCIe GbE Family Controller\r
   Physische Adresse . . . . . . . . : D8-BB-C1-0A-5F-6E\r
   DHCP aktiviert. . . . . . . . . . : Ja\r
`,
    "powershell.exe -NoProfile -NonInteractive -Command $ErrorActionPreference='SilentlyContinue';'guid='+(Get-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\Cryptography').MachineGuid;'uuid='+(Get-CimInstance Win32_ComputerSystemProduct).UUID;'board='+(Get-CimInstance Win32_BaseBoard).SerialNumber":
      'guid=2f0e9d8c-7b6a-4950-8372-615049382716\r\nuuid=03000200-0400-0500-0006-000700080009\r\nboard=K516742901234\r\n',
  },
};

/** An office computer where a policy forbids registry tools: `reg.exe` fails, PowerShell does not. */
export const windowsWithoutRegistryTools: Recording = {
  ...windows,
  hostname: 'OFFICE-12',
  release: '10.0.26100',
  version: 'Windows 11 Enterprise',
  cpuModel: 'Intel(R) Core(TM) Ultra 7 155H',
  env: { SystemRoot: 'C:\\Windows', SystemDrive: 'C:' },
  commands: {
    [Object.keys(windows10Junk.commands ?? {}).at(-1) ?? '']:
      'guid=6e5d4c3b-2a19-4807-96f5-e4d3c2b1a09f\r\nuuid=8F7E6D5C-4B3A-4291-8071-6F5E4D3C2B1A\r\nboard=/5TQ9XY3/CNCMK0012345/\r\n',
  },
};

/** Windows 10 in VMware, in a 32-bit process. */
export const windows10Guest: Recording = {
  ...windows,
  arch: 'ia32',
  hostname: 'DESKTOP-VM',
  release: '10.0.19045',
  version: 'Windows 10 Pro',
  cpuModel: 'Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz',
  env: { SystemRoot: 'C:\\Windows', SystemDrive: 'C:', PROCESSOR_ARCHITEW6432: 'AMD64' },
  commands: {
    ...machineGuid('0a9b8c7d-6e5f-4041-8233-445566778899'),
    ...hardwareConfig('{564d3f2a-1b0c-9d8e-7f60-514233241506}'),
    ...mountedDevice('C:', `${GPT_PREFIX}0F1E2D3C4B5A69788796A5B4C3D2E1F0`),
    ...bios('VMware, Inc.', 'VMware Virtual Platform'),
    'ipconfig.exe /all': `\r
Ethernet adapter Ethernet0:\r
\r
   Description . . . . . . . . . . . : Intel(R) 82574L Gigabit Network Connection\r
   Physical Address. . . . . . . . . : 00-0C-29-5B-10-7F\r
`,
  },
};

/** Windows Server in a container. */
export const windowsContainer: Recording = {
  ...windows,
  hostname: 'a1b2c3d4e5f6',
  release: '10.0.20348',
  version: 'Windows Server 2022 Datacenter',
  cpuModel: 'AMD EPYC 7763 64-Core Processor',
  env: { SystemRoot: 'C:\\Windows', SystemDrive: 'C:', USERNAME: 'ContainerAdministrator' },
  commands: machineGuid('5c6d7e8f-9a0b-4c1d-8e2f-3a4b5c6d7e8f'),
};

/** Windows Server on a machine of its own. */
export const windowsServer: Recording = {
  ...windowsContainer,
  hostname: 'SRV-01',
  env: { SystemRoot: 'C:\\Windows', SystemDrive: 'C:', USERNAME: 'Administrator' },
  commands: { ...windowsContainer.commands, ...bios('HPE', 'ProLiant DL380 Gen10 Plus') },
};
