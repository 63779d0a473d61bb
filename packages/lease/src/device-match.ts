/**
 * What a machine is recognised by. The strong ones name one installation or one board; the others are shared
 * by machines of one model (cpu), or come and go (mac, boot_disk), and only add weight.
 */
export const DEVICE_COMPONENTS = {
  os_install_id: { weight: 3, isStrong: true },
  board_id: { weight: 3, isStrong: true },
  boot_disk: { weight: 2, isStrong: false },
  mac: { weight: 1, isStrong: false },
  cpu: { weight: 1, isStrong: false },
} as const;
export type DeviceComponent = keyof typeof DEVICE_COMPONENTS;

/** Digests by component, compared for equality only. Names this version does not know are ignored. */
export type ComponentDigests = { readonly [Name in DeviceComponent]?: string | undefined };

/** Percent of the enrolled weight that a score must exceed. */
export const MATCH_THRESHOLD = 50;

export interface DeviceMatch {
  readonly matches: boolean;
  /** Weight of the components that are equal. */
  readonly score: number;
  readonly enrolledWeight: number;
  /** How many strong components are equal. */
  readonly strongEqual: number;
  /** Presented with another value than enrolled. A component not presented counts against the score only. */
  readonly changed: readonly DeviceComponent[];
}

export const COMPONENT_NAMES = Object.keys(DEVICE_COMPONENTS) as DeviceComponent[];

/**
 * Whether two descriptions are of one machine: more than `threshold` percent of the enrolled weight equal,
 * and at least one strong component among it. With both strong components and any weaker one enrolled, every
 * single change is survived. Without that it is not: a machine enrolled with one strong component is lost
 * when that one changes.
 */
export function matchDevice(
  enrolled: ComponentDigests,
  presented: ComponentDigests,
  threshold: number = MATCH_THRESHOLD,
): DeviceMatch {
  let score = 0;
  let enrolledWeight = 0;
  let strongEqual = 0;
  const changed: DeviceComponent[] = [];
  for (const name of COMPONENT_NAMES) {
    const { weight, isStrong } = DEVICE_COMPONENTS[name];
    const [before, now] = [enrolled[name], presented[name]];
    // An empty digest stands for a part that could not be read: two of them are not one machine.
    if (!before) continue;
    enrolledWeight += weight;
    if (before === now) {
      score += weight;
      if (isStrong) strongEqual += 1;
    } else if (now) {
      changed.push(name);
    }
  }
  const matches = strongEqual > 0 && score * 100 > enrolledWeight * threshold;
  return { matches, score, enrolledWeight, strongEqual, changed };
}
