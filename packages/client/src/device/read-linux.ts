import type { BoundedReads } from './bounded-reads.ts';
import { isContainerByEnv, isVirtualByName } from './environment.ts';
import { machineId, modelName, serialNumber, uuid } from './identity-values.ts';
import { readBootDisk } from './linux-boot-disk.ts';
import { readPermanentMac } from './linux-mac.ts';
import { firstOf, type Machine } from './machine.ts';
import type { SystemPort } from './system-port.ts';

const DMI = '/sys/class/dmi/id';
/** SMBIOS chassis types: portable, laptop, notebook, sub notebook, tablet, convertible, detachable. */
const PORTABLE_CHASSIS = ['8', '9', '10', '14', '30', '31', '32'];
/** What identifies a processor's model on x86 and on ARM. */
const CPU_FIELDS = [
  'vendor_id',
  'cpu family',
  'model',
  'model name',
  'stepping',
  'CPU implementer',
  'CPU variant',
  'CPU part',
];
const CONTAINER_CGROUP =
  /\/docker[/-][0-9a-f]{12}|kubepods|\/lxc[./]|libpod-|\/crio-|\/ecs\/|cri-containerd|\/garden\/|actions_job/;
const CONTAINER_ROOT = /\/docker\/|containerd|\/containers\/storage\/|\/var\/lib\/lxc/;

/** Everything from files of the kernel that any user may read, the serial numbers of the board excepted: those are root's. */
export async function readLinux(reads: BoundedReads, system: SystemPort): Promise<Machine> {
  const [cpuInfo, mountInfo] = await Promise.all([
    reads.file('/proc/cpuinfo'),
    reads.file('/proc/self/mountinfo'),
  ]);
  const cpu = firstProcessor(cpuInfo);
  const [osInstallId, boardId, bootDisk, mac, osVersion, isContainer, isVirtual, isServer] =
    await Promise.all([
      readMachineId(reads),
      readBoardId(reads, cpu),
      readBootDisk(reads, mountInfo),
      readPermanentMac(reads),
      readOsVersion(reads, system),
      isInContainer(reads, mountInfo, system.env),
      isInVirtualMachine(reads, cpu),
      isWithoutDesktop(reads, system.env),
    ]);
  return {
    components: {
      os_install_id: osInstallId,
      board_id: boardId,
      boot_disk: bootDisk,
      mac,
      cpu: modelName(CPU_FIELDS.flatMap((field) => cpu.get(field) ?? []).join(' ')),
    },
    osVersion,
    isContainer,
    isVirtual,
    isServer,
  };
}

function readMachineId(reads: BoundedReads): Promise<string | null> {
  return firstOf(
    async () => machineId(await reads.file('/etc/machine-id')),
    async () => machineId(await reads.file('/var/lib/dbus/machine-id')),
  );
}

function readBoardId(reads: BoundedReads, cpu: ReadonlyMap<string, string>): Promise<string | null> {
  return firstOf(
    async () => uuid(await reads.file(`${DMI}/product_uuid`)),
    async () => serialNumber(await reads.file(`${DMI}/board_serial`)),
    async () => serialNumber(await reads.file(`${DMI}/product_serial`)),
    // Boards with a device tree, such as a Raspberry Pi, show it to everybody; Xen shows its guests their own.
    async () => serialNumber(await reads.file('/sys/firmware/devicetree/base/serial-number')),
    async () => serialNumber(cpu.get('Serial') ?? null),
    async () => uuid(await reads.file('/sys/hypervisor/uuid')),
  );
}

/** `name: value` of the first processor, and of what follows after all of them on ARM: the board's. */
function firstProcessor(cpuInfo: string | null): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of (cpuInfo ?? '').split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim();
    if (colon > 0 && !fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

async function readOsVersion(reads: BoundedReads, system: SystemPort): Promise<string | null> {
  const release = (await reads.file('/etc/os-release')) ?? (await reads.file('/usr/lib/os-release'));
  const [, name] = /^PRETTY_NAME=["']?([^"'\n]+)/m.exec(release ?? '') ?? [];
  return name ?? `Linux ${reads.fact(() => system.release()) ?? ''}`;
}

async function isInContainer(
  reads: BoundedReads,
  mountInfo: string | null,
  env: SystemPort['env'],
): Promise<boolean> {
  if (isContainerByEnv(env)) return true;
  const marks = await Promise.all([reads.file('/.dockerenv'), reads.file('/run/.containerenv')]);
  if (marks.some((mark) => mark !== null)) return true;
  const groups = await Promise.all([reads.file('/proc/1/cgroup'), reads.file('/proc/self/cgroup')]);
  if (groups.some((group) => CONTAINER_CGROUP.test(group ?? ''))) return true;
  return (mountInfo ?? '').split('\n').some((line) => line.includes(' / / ') && CONTAINER_ROOT.test(line));
}

async function isInVirtualMachine(reads: BoundedReads, cpu: ReadonlyMap<string, string>): Promise<boolean> {
  if (/\bhypervisor\b/.test(cpu.get('flags') ?? '')) return true;
  const [vendor, product, model, hypervisor] = await Promise.all([
    reads.file(`${DMI}/sys_vendor`),
    reads.file(`${DMI}/product_name`),
    reads.file('/sys/firmware/devicetree/base/compatible'),
    reads.file('/sys/hypervisor/type'),
  ]);
  return hypervisor !== null || isVirtualByName(vendor, product, model);
}

/** A service on a desktop has no display either: then what the machine starts into decides, or that it has a lid. */
async function isWithoutDesktop(reads: BoundedReads, env: SystemPort['env']): Promise<boolean> {
  const { DISPLAY, WAYLAND_DISPLAY, XDG_CURRENT_DESKTOP } = env;
  if (DISPLAY || WAYLAND_DISPLAY || XDG_CURRENT_DESKTOP) return false;
  const [target, chassis] = await Promise.all([
    reads.link('/etc/systemd/system/default.target'),
    reads.file(`${DMI}/chassis_type`),
  ]);
  return !target?.endsWith('graphical.target') && !PORTABLE_CHASSIS.includes(chassis?.trim() ?? '');
}
