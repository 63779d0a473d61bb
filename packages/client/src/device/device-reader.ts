import { randomBytes } from 'node:crypto';
import { type BoundedReads, boundedReads } from './bounded-reads.ts';
import type { Device, DeviceReader } from './device.ts';
import { digestComponents, fingerprintOf } from './digest-components.ts';
import { environmentOf } from './environment.ts';
import type { Machine } from './machine.ts';
import { nodeSystem } from './node-system.ts';
import { readLinux } from './read-linux.ts';
import { readMacos } from './read-macos.ts';
import { readWindows } from './read-windows.ts';
import type { SystemPort } from './system-port.ts';

// Generous: a machine that has just started may take seconds to start a tool, and one that shows no strong component
// in time is taken for another machine.
const TOTAL_TIMEOUT_MS = 10_000;
const EACH_TIMEOUT_MS = 4_000;
/** What the server takes. */
const FINGERPRINT = /^[\x21-\x7e]{8,256}$/;
const NAME_CHARACTERS_MAX = 200;
const LABEL_CHARACTERS_MAX = 64;
const OS_VERSION_CHARACTERS_MAX = 100;

const NOTHING_KNOWN: Machine = {
  components: { os_install_id: null, board_id: null, boot_disk: null, mac: null, cpu: null },
  osVersion: null,
  isContainer: false,
  isVirtual: false,
  isServer: false,
};

export interface DeviceReaderOptions {
  /** The app's own name for this machine, instead of the one made of its components: 8 to 256 printable ASCII characters. */
  readonly fingerprint?: string | undefined;
  /** Shown to the vendor's support staff. By default the host name; null sends none. */
  readonly name?: string | null | undefined;
  /**
   * The fingerprint of a machine that shows nothing of its own (a container without a machine id, say): a random one
   * that the caller keeps, so that the machine is the same after a restart. Without it, a new one per reader.
   */
  readonly fallbackFingerprint?: (() => string) | undefined;
  /** Of all reads together. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Reads this machine without elevated rights (licensing.md, "Device identity"). With them the board shows where it
 * did not before: then the fingerprint is another one, and the server knows the machine by its components.
 *
 * @throws {TypeError} if the app's own fingerprint is none that the server takes.
 */
export function createDeviceReader(
  options: DeviceReaderOptions = {},
  system: SystemPort = nodeSystem,
): DeviceReader {
  const { fingerprint: own, timeoutMs: totalMs = TOTAL_TIMEOUT_MS } = options;
  if (own !== undefined && !FINGERPRINT.test(own)) {
    throw new TypeError('a fingerprint must be 8 to 256 printable ASCII characters without spaces');
  }
  const madeUp = randomBytes(32).toString('base64url');

  return {
    async read(productId) {
      const reads = boundedReads(system, { eachMs: Math.min(EACH_TIMEOUT_MS, totalMs), totalMs });
      const machine = await attempt(() => readMachine(reads, system), NOTHING_KNOWN);
      const components = digestComponents(machine.components, productId);
      const fallback = await attempt(async () => options.fallbackFingerprint?.() ?? madeUp, madeUp);
      const device: Device = {
        fingerprint:
          own ?? fingerprintOf(components, productId) ?? (FINGERPRINT.test(fallback) ? fallback : madeUp),
        components,
        name: nameOf(options, reads, system),
        platform: label(system.platform, LABEL_CHARACTERS_MAX),
        arch: label(system.arch, LABEL_CHARACTERS_MAX),
        os_version: label(machine.osVersion, OS_VERSION_CHARACTERS_MAX),
        environment: environmentOf(machine, system.env),
      };
      return device;
    },
  };
}

function readMachine(reads: BoundedReads, system: SystemPort): Promise<Machine> {
  if (system.platform === 'darwin') return readMacos(reads, system);
  if (system.platform === 'win32') return readWindows(reads, system);
  return readLinux(reads, system);
}

function nameOf(options: DeviceReaderOptions, reads: BoundedReads, system: SystemPort): string | undefined {
  if (options.name === null) return undefined;
  return label(options.name ?? reads.fact(() => system.hostname()), NAME_CHARACTERS_MAX);
}

/** One line that the server takes, or nothing. */
function label(text: string | null, charactersMax: number): string | undefined {
  const line = String(text ?? '')
    .replace(/[\p{Cc}\p{Cs}\ufffd]+/gu, ' ')
    .trim();
  // Not half of a pair at the cut.
  return (
    line
      .slice(0, charactersMax)
      .replace(/[\ud800-\udbff]$/, '')
      .trim() || undefined
  );
}

async function attempt<Value>(read: () => Promise<Value>, otherwise: Value): Promise<Value> {
  try {
    return await read();
  } catch {
    return otherwise;
  }
}
