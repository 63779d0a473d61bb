import type { DeviceComponent } from '@thrivetech/lease';

/** What the readers of the three systems find out. The values are what {@link digestComponents} is for: they stay here. */
export interface Machine {
  readonly components: { readonly [Name in DeviceComponent]: string | null };
  readonly osVersion: string | null;
  readonly isContainer: boolean;
  readonly isVirtual: boolean;
  /** Nobody sits in front of it. */
  readonly isServer: boolean;
}

/** The first of several readings that gives a value. */
export async function firstOf(
  ...readings: readonly (() => Promise<string | null>)[]
): Promise<string | null> {
  for (const read of readings) {
    const value = await read();
    if (value !== null) return value;
  }
  return null;
}
