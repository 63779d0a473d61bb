import type { ComponentDigests } from '@thrivetech/lease';

/** Where an app runs. A container or a cloned image shares parts with its siblings: the vendor's policy decides what that means. */
export type DeviceEnvironment = 'desktop' | 'server' | 'container' | 'vm' | 'ci';

/** What this machine says of itself to the server. Digests keyed per product, never a serial number (licensing.md, "Device identity"). */
export interface Device {
  /** 8 to 256 printable ASCII characters: a hash over the strong components, or the app's own. */
  readonly fingerprint: string;
  readonly components: ComponentDigests;
  /** For people: shown to the vendor's support staff and in the list of seats to free. */
  readonly name?: string | undefined;
  readonly platform?: string | undefined;
  readonly arch?: string | undefined;
  readonly os_version?: string | undefined;
  readonly environment?: DeviceEnvironment | undefined;
}

/** Reads what identifies the machine. Never throws and never takes longer than its own bound: a part that cannot be read is left out. */
export interface DeviceReader {
  /** @param productId keys the digests, so that the products of two vendors cannot be correlated. */
  read(productId: string): Promise<Device>;
}
