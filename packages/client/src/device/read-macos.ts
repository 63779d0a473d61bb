import type { BoundedReads } from './bounded-reads.ts';
import { macAddress, modelName, serialNumber, uuid } from './identity-values.ts';
import type { Machine } from './machine.ts';
import type { SystemPort } from './system-port.ts';

/** Ports that come and go, or that belong to something plugged in. */
const LOOSE_PORT = /usb|iphone|ipad|bluetooth|bridge/i;

/**
 * By the system's own tools, tens of milliseconds each and all at once; `system_profiler`, which has it all, takes
 * seconds. macOS has no id of the installation: `IOPlatformUUID`, which belongs to the logic board and survives a
 * reinstallation, stands in its place, and the machine's serial number stands for the board.
 */
export async function readMacos(reads: BoundedReads, system: SystemPort): Promise<Machine> {
  const [platform, disk, ports, isGuest, version] = await Promise.all([
    reads.output('/usr/sbin/ioreg', '-rd1', '-c', 'IOPlatformExpertDevice'),
    reads.output('/usr/sbin/diskutil', 'info', '-plist', '/'),
    reads.output('/usr/sbin/networksetup', '-listallhardwareports'),
    reads.output('/usr/sbin/sysctl', '-n', 'kern.hv_vmm_present'),
    reads.file('/System/Library/CoreServices/SystemVersion.plist'),
  ]);
  const osVersion = plistText(version, 'ProductVersion');
  return {
    components: {
      os_install_id: uuid(registryText(platform, 'IOPlatformUUID')),
      board_id: serialNumber(registryText(platform, 'IOPlatformSerialNumber')),
      // The group of system and data volume: the system volume alone is another one after an update.
      boot_disk: uuid(plistText(disk, 'APFSVolumeGroupID')) ?? uuid(plistText(disk, 'VolumeUUID')),
      mac: builtInAddress(ports),
      cpu: modelName(reads.fact(() => system.cpuModels()[0])),
    },
    osVersion:
      osVersion === null ? `Darwin ${reads.fact(() => system.release()) ?? ''}` : `macOS ${osVersion}`,
    isContainer: false,
    isVirtual: isGuest?.trim() === '1' || /"model" = <"(VirtualMac|VMware|Parallels)/.test(platform ?? ''),
    isServer: false,
  };
}

function registryText(registry: string | null, name: string): string | null {
  return new RegExp(`"${name}" = "([^"\\n]*)"`).exec(registry ?? '')?.[1] ?? null;
}

function plistText(plist: string | null, name: string): string | null {
  return new RegExp(`<key>${name}</key>\\s*<string>([^<]*)</string>`).exec(plist ?? '')?.[1] ?? null;
}

/** The addresses here are those that the ports were made with, also where Wi-Fi goes by another in each network. */
function builtInAddress(ports: string | null): string | null {
  const blocks = (ports ?? '').matchAll(/^Hardware Port: (.*)\nDevice: en(\d+)\nEthernet Address: (.*)$/gm);
  const addresses = [...blocks]
    .filter(([, port = '']) => !LOOSE_PORT.test(port))
    .sort(([, , left], [, , right]) => Number(left) - Number(right))
    .map(([, , , address = '']) => macAddress(address));
  return addresses.find((address) => address !== null) ?? null;
}
