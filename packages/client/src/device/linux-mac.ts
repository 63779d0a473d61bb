import type { BoundedReads } from './bounded-reads.ts';
import { macAddress } from './identity-values.ts';

const NET = '/sys/class/net';
const ETHERNET = '1';
const PERMANENT = '0';

/** Address that the first built-in network card was made with, connected or not; of a USB adapter only where there is no other. */
export async function readPermanentMac(reads: BoundedReads): Promise<string | null> {
  const names = await reads.names(NET);
  const cards = await Promise.all(names.map((name) => readCard(reads, name)));
  const known = cards.filter((card) => card.address !== null);
  return (known.find((card) => !card.isUsb) ?? known[0])?.address ?? null;
}

async function readCard(reads: BoundedReads, name: string) {
  const [device, path, type, assignment, address, radio] = await Promise.all([
    reads.link(`${NET}/${name}/device`),
    reads.link(`${NET}/${name}`),
    reads.file(`${NET}/${name}/type`),
    reads.file(`${NET}/${name}/addr_assign_type`),
    reads.file(`${NET}/${name}/address`),
    // What a wireless card was made with, though it goes by a random address just now.
    reads.file(`${NET}/${name}/phy80211/macaddress`),
  ]);
  const isCard = device !== null && type?.trim() === ETHERNET;
  const permanent = radio ?? (assignment?.trim() === PERMANENT ? address : null);
  return { address: isCard ? macAddress(permanent) : null, isUsb: /\/usb\d/.test(path ?? '') };
}
