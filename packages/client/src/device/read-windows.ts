import type { BoundedReads } from './bounded-reads.ts';
import { isContainerByEnv, isVirtualByName } from './environment.ts';
import { macAddress, modelName, serialNumber, uuid } from './identity-values.ts';
import type { Machine } from './machine.ts';
import type { SystemPort } from './system-port.ts';

const CRYPTOGRAPHY = 'HKLM\\SOFTWARE\\Microsoft\\Cryptography';
const CONTAINER_USERS = ['containeradministrator', 'containeruser'];
/** By the name that its driver gives it: plugged in, or made up. */
const LOOSE_ADAPTER = /usb|bluetooth|virtual|vpn|\btap\b/i;
/** `DMIO:ID:`, which precedes the id of a partition in a GUID partition table. */
const GPT_PREFIX = '444d494f3a49443a';

/** Prints name=value lines. Single quotes only: double ones do not survive the way through a command line. */
const POWERSHELL_SCRIPT = [
  "$ErrorActionPreference='SilentlyContinue'",
  `'guid='+(Get-ItemProperty 'HKLM:${CRYPTOGRAPHY.slice(4)}').MachineGuid`,
  "'uuid='+(Get-CimInstance Win32_ComputerSystemProduct).UUID",
  "'board='+(Get-CimInstance Win32_BaseBoard).SerialNumber",
].join(';');

/**
 * From the registry, by `reg.exe`: tens of milliseconds, all at once. PowerShell takes a second or more and is asked
 * only where a strong component is missing: where a policy forbids registry tools, or the firmware's id is junk.
 */
export async function readWindows(reads: BoundedReads, system: SystemPort): Promise<Machine> {
  const {
    SystemRoot: root = 'C:\\Windows',
    SystemDrive: drive = 'C:',
    PROCESSOR_ARCHITEW6432: wow,
  } = system.env;
  // A 32-bit process finds the tools of the 64-bit system under another name. By full path: no other `reg` in PATH.
  const tools = `${root}\\${wow ? 'Sysnative' : 'System32'}`;
  const query = (key: string, ...args: readonly string[]) =>
    reads.output(`${tools}\\reg.exe`, 'query', key, ...args, '/reg:64');
  const [cryptography, hardware, mounts, bios, adapters] = await Promise.all([
    query(CRYPTOGRAPHY, '/v', 'MachineGuid'),
    query('HKLM\\SYSTEM\\HardwareConfig', '/v', 'LastConfig'),
    query('HKLM\\SYSTEM\\MountedDevices', '/v', `\\DosDevices\\${drive}`),
    query('HKLM\\HARDWARE\\DESCRIPTION\\System\\BIOS'),
    // Lists what is not connected as well, which Node does not: an address must not change with a cable.
    reads.output(`${tools}\\ipconfig.exe`, '/all'),
  ]);
  let osInstallId = uuid(registryValue(cryptography, 'MachineGuid'));
  // Windows names its hardware configurations after the UUID of the firmware.
  let boardId = uuid(registryValue(hardware, 'LastConfig'));
  if (osInstallId === null || boardId === null) {
    const answer = await reads.output(
      `${tools}\\WindowsPowerShell\\v1.0\\powershell.exe`,
      '-NoProfile',
      '-NonInteractive',
      '-Command',
      POWERSHELL_SCRIPT,
    );
    osInstallId ??= uuid(lineValue(answer, 'guid'));
    boardId ??= uuid(lineValue(answer, 'uuid')) ?? serialNumber(lineValue(answer, 'board'));
  }
  const osName = reads.fact(() => system.version()) ?? 'Windows';
  return {
    components: {
      os_install_id: osInstallId,
      board_id: boardId,
      boot_disk: partitionId(registryValue(mounts, `\\DosDevices\\${drive}`)),
      mac: lowestAddress(adapters),
      cpu: modelName(reads.fact(() => system.cpuModels()[0])),
    },
    osVersion: `${osName} (${reads.fact(() => system.release()) ?? ''})`,
    isContainer:
      isContainerByEnv(system.env) || CONTAINER_USERS.includes(system.env['USERNAME']?.toLowerCase() ?? ''),
    isVirtual: isVirtualByName(
      registryValue(bios, 'SystemManufacturer'),
      registryValue(bios, 'SystemProductName'),
    ),
    isServer: /\bserver\b/i.test(osName),
  };
}

/** `    name    REG_TYPE    value`: the frame around it is in the user's language. */
function registryValue(output: string | null, name: string): string | null {
  for (const line of (output ?? '').split(/\r?\n/)) {
    const [, before = '', value = ''] = /^\s+(.*?)\s+REG_[A-Z_]+\s+(.*)$/.exec(line) ?? [];
    if (before.toLowerCase() === name.toLowerCase()) return value;
  }
  return null;
}

function lineValue(output: string | null, name: string): string | null {
  return new RegExp(`^${name}=(.*)$`, 'm').exec(output ?? '')?.[1] ?? null;
}

/** Of the partition behind a drive letter: its id, or signature of the disk and place on it where it has a master boot record. */
function partitionId(value: string | null): string | null {
  const hex = value?.trim().toLowerCase() ?? '';
  if (!/^[0-9a-f]*$/.test(hex)) return null;
  if (hex.startsWith(GPT_PREFIX)) return uuid(hex.slice(GPT_PREFIX.length));
  const signature = hex.slice(0, 8);
  return hex.length === 24 && new Set(signature).size > 2 ? hex : null;
}

/** Of all built-in adapters the lowest: a choice that does not depend on their order, names or language. */
function lowestAddress(adapters: string | null): string | null {
  const paragraphs = (adapters ?? '').split(/(?:\r?\n){2,}/);
  const cards = paragraphs.flatMap((paragraph) => {
    const [, text = ''] = /: ((?:[0-9A-F]{2}-){5}[0-9A-F]{2})\s*$/m.exec(paragraph) ?? [];
    const address = macAddress(text);
    return address === null ? [] : [{ address, isLoose: LOOSE_ADAPTER.test(paragraph) }];
  });
  const builtIn = cards.filter((card) => !card.isLoose);
  return (builtIn.length > 0 ? builtIn : cards).map((card) => card.address).sort()[0] ?? null;
}
