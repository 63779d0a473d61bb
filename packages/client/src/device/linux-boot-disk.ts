import type { BoundedReads } from './bounded-reads.ts';
import { diskSerial } from './identity-values.ts';
import { firstOf } from './machine.ts';

const BLOCK = '/sys/class/block';
/** Encryption on volumes on an array: three. More is a circle. */
const LAYERS_MAX = 8;
const BY_HARDWARE = /^(ata|nvme|scsi|wwn|virtio|mmc|usb)-/;

/** Serial number of the disk that `/` lies on, or the id of its file system where no disk shows one. */
export async function readBootDisk(reads: BoundedReads, mountInfo: string | null): Promise<string | null> {
  const device = await rootDevice(reads, mountInfo);
  if (device === null) return null;
  const disk = await diskUnder(reads, device);
  return firstOf(
    async () => diskSerial(await reads.file(`${BLOCK}/${disk}/device/serial`)),
    async () => diskSerial(await reads.file(`${BLOCK}/${disk}/serial`)),
    // After the serial numbers: some models answer with one and the same world-wide name.
    async () => diskSerial(await reads.file(`${BLOCK}/${disk}/wwid`)),
    async () => diskSerial(await reads.file(`${BLOCK}/${disk}/device/wwid`)),
    () => aliasOf(reads, '/dev/disk/by-id', disk, BY_HARDWARE),
    () => aliasOf(reads, '/dev/disk/by-uuid', device, /./),
  );
}

/** The kernel's name of what is mounted at `/`, such as `nvme0n1p2` or `dm-0`; null in a container. */
async function rootDevice(reads: BoundedReads, mountInfo: string | null): Promise<string | null> {
  const mounts = (mountInfo ?? '').split('\n').map((line) => line.split(' '));
  const root = mounts.findLast((fields) => fields[4] === '/');
  const [, , number = '0:0'] = root ?? [];
  if (!number.startsWith('0:')) return baseOf(await reads.link(`/sys/dev/block/${number}`));
  // Btrfs has a number of its own making; where it lies stands behind the separator (proc_pid_mountinfo(5)).
  const source = root?.[root.indexOf('-') + 2];
  if (!source?.startsWith('/dev/')) return null;
  return baseOf((await reads.link(source)) ?? source);
}

/** Down through volumes, encryption and arrays to a part of a disk, and to the disk. */
async function diskUnder(reads: BoundedReads, device: string): Promise<string> {
  let name = device;
  for (let layer = 0; layer < LAYERS_MAX; layer++) {
    const [below] = await reads.names(`${BLOCK}/${name}/slaves`);
    if (below === undefined) break;
    name = below;
  }
  const partition = await reads.file(`${BLOCK}/${name}/partition`);
  if (partition === null) return name;
  const path = await reads.link(`${BLOCK}/${name}`);
  return baseOf(path?.slice(0, path.lastIndexOf('/')) ?? null) ?? name;
}

/** The first name in a directory of links that leads to this device and is more than a model's. */
async function aliasOf(
  reads: BoundedReads,
  directory: string,
  device: string,
  pattern: RegExp,
): Promise<string | null> {
  const names = (await reads.names(directory)).filter((name) => pattern.test(name));
  const targets = await Promise.all(names.map((name) => reads.link(`${directory}/${name}`)));
  const aliases = names.filter((_name, index) => baseOf(targets[index] ?? null) === device);
  return aliases.map(diskSerial).find((value) => value !== null) ?? null;
}

function baseOf(path: string | null): string | null {
  return path?.slice(path.lastIndexOf('/') + 1) || null;
}
