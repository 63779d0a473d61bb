import { matchDevice } from '@thrivetech/lease';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createDeviceReader } from './device-reader.ts';
import { ubuntuLaptop } from './linux.fixtures.ts';
import { appleSiliconMac } from './macos.fixtures.ts';
import { recordedSystem } from './recorded-system.fixtures.ts';
import type { SystemPort } from './system-port.ts';
import { windows11Laptop } from './windows.fixtures.ts';

/** Instead of the right answer, or what is done to it. */
type Answer =
  | string
  | Uint8Array
  | { readonly cutTo: number }
  | { readonly at: number; readonly byte: number };

const productId = 'prd_1';
const recordings = [ubuntuLaptop, appleSiliconMac, windows11Laptop];
const SERVER_TAKES = {
  fingerprint: /^[\x21-\x7e]{8,256}$/,
  digest: /^[A-Za-z0-9_-]{16,86}$/,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  line: /^(?=.*\S)[^\x00-\x1f\x7f-\x9f]*$/,
};

/** Time passes only when nothing else is left to happen: a timer goes off as soon as it is set. */
function impatient(system: SystemPort, over: Partial<SystemPort>): SystemPort {
  let nowMs = 0;
  return {
    ...system,
    ...over,
    monotonicMs: () => nowMs,
    startTimer(delayMs, onEnd) {
      const endsAtMs = nowMs + delayMs;
      const pending = setImmediate(() => {
        nowMs = Math.max(nowMs, endsAtMs);
        onEnd();
      });
      return () => clearImmediate(pending);
    },
  };
}

function expectTakenByServer(
  device: Awaited<ReturnType<ReturnType<typeof createDeviceReader>['read']>>,
): void {
  expect(device.fingerprint).toMatch(SERVER_TAKES.fingerprint);
  for (const digest of Object.values(device.components)) expect(digest).toMatch(SERVER_TAKES.digest);
  const lengthMax = { name: 200, platform: 64, arch: 64, os_version: 100 };
  for (const name of ['name', 'platform', 'arch', 'os_version'] as const) {
    const text = device[name];
    if (text === undefined) continue;
    expect(text).toMatch(SERVER_TAKES.line);
    expect(text.length).toBeLessThanOrEqual(lengthMax[name]);
    expect(Buffer.from(text).toString()).toBe(text);
  }
}

describe.each(recordings.map((recording) => [recording.platform, recording] as const))(
  'on %s',
  (_name, recording) => {
    const system = recordedSystem(recording);
    const never = () => new Promise<never>(() => undefined);

    test('a system that hangs in everything is given up within the bound', async () => {
      const hanging = impatient(system, {
        readFile: never,
        readDirectory: never,
        readLink: never,
        run: never,
      });
      const device = await createDeviceReader({ timeoutMs: 4_000 }, hanging).read(productId);
      expectTakenByServer(device);
      expect(hanging.monotonicMs()).toBeLessThanOrEqual(4_000);
    });

    test('a command that hangs is killed, and costs no other part', async () => {
      const killed: string[] = [];
      const run: SystemPort['run'] = (command, args, signal) => {
        if (!/diskutil|MountedDevices/.test([command, ...args].join(' ')))
          return system.run(command, args, signal);
        signal.addEventListener('abort', () => killed.push(command));
        return never();
      };
      const readLink: SystemPort['readLink'] = (path) =>
        path.startsWith('/sys/dev/block') ? never() : system.readLink(path);
      const whole = await createDeviceReader({}, system).read(productId);
      const device = await createDeviceReader({}, impatient(system, { run, readLink })).read(productId);
      const { boot_disk: _hung, ...rest } = whole.components;
      expect(device.components).toEqual(rest);
      expect(device.fingerprint).toBe(whole.fingerprint);
      expect(killed).toHaveLength(recording.platform === 'linux' ? 0 : 1);
    });

    test('a system that refuses everything, at once or later, leaves a device without components', async () => {
      const throws = (): never => {
        throw new Error('refused');
      };
      const rejects = () => Promise.reject(new Error('refused'));
      for (const refuse of [throws, rejects]) {
        const refusing = {
          ...system,
          ...{ readFile: refuse, readDirectory: refuse, readLink: refuse, run: refuse },
          ...{ hostname: throws, release: throws, version: throws, cpuModels: throws },
        };
        const device = await createDeviceReader({}, refusing).read(productId);
        expectTakenByServer(device);
        expect(device.components).toEqual({});
        expect(device.name).toBeUndefined();
      }
    });

    test('facts that Node cannot tell cost only themselves', async () => {
      const throws = (): never => {
        throw new Error('refused');
      };
      const whole = await createDeviceReader({}, system).read(productId);
      const vague = { ...system, hostname: throws, release: throws, version: throws, cpuModels: throws };
      const device = await createDeviceReader({}, vague).read(productId);
      expect(device.fingerprint).toBe(whole.fingerprint);
      expect(Object.keys(whole.components)).toEqual(expect.arrayContaining(Object.keys(device.components)));
    });

    // What any one of the reads answers: nothing, bytes, text, or the right answer cut off or with a byte changed.
    const answer: fc.Arbitrary<Answer> = fc.oneof(
      fc.constant(new Uint8Array()),
      fc.uint8Array({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 300 }).map((text) => new TextEncoder().encode(text)),
      fc.constantFrom(
        '',
        '0',
        'None',
        'To be filled by O.E.M.',
        'Default string\n',
        '00000000-0000-0000-0000-000000000000',
      ),
      fc.record({ cutTo: fc.double({ min: 0, max: 1, noNaN: true }) }),
      fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), byte: fc.nat(255) }),
    );

    function distort(bytes: Uint8Array, how: Answer): Uint8Array {
      if (how instanceof Uint8Array) return how;
      if (typeof how === 'string') return new TextEncoder().encode(how);
      if ('cutTo' in how) return bytes.subarray(0, Math.floor(bytes.length * how.cutTo));
      const changed = Uint8Array.from(bytes);
      changed[Math.floor(bytes.length * how.at)] = how.byte;
      return changed;
    }

    /** Answers of which each `share`th is distorted, in the order in which they are asked for. */
    function distorted(answers: readonly Answer[], share: number): SystemPort {
      let asked = 0;
      const maybe = async (read: () => Promise<Uint8Array>) => {
        const index = asked++;
        const how = answers[index % answers.length];
        if (how === undefined || index % share !== 0) return read();
        return distort(await read().catch(() => new Uint8Array(40)), how);
      };
      const text = async (read: () => Promise<string>) =>
        new TextDecoder().decode(await maybe(async () => new TextEncoder().encode(await read())));
      return {
        ...system,
        readFile: (path) => maybe(() => system.readFile(path)),
        readLink: (path) => text(() => system.readLink(path)),
        run: (command, args, signal) => maybe(() => system.run(command, args, signal)),
        readDirectory: async (path) => [...(await system.readDirectory(path)), await text(async () => path)],
        hostname: () => new TextDecoder().decode(distort(new Uint8Array(8), answers[0] ?? '')),
      };
    }

    test('whatever it answers, the device is one that the server takes', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(answer, { minLength: 1, maxLength: 40 }),
          fc.integer({ min: 1, max: 4 }),
          async (answers, share) => {
            expectTakenByServer(await createDeviceReader({}, distorted(answers, share)).read(productId));
          },
        ),
        { numRuns: 150 },
      );
    });

    test('two machines that answer with nothing but junk, noise and stumps share no identity', async () => {
      const noise = fc.array(
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc.constantFrom(
            '',
            'None',
            'Default string',
            'To be filled by O.E.M.',
            '0'.repeat(32),
            'f'.repeat(32),
            '1234567890',
          ),
        ),
        { minLength: 1, maxLength: 20 },
      );
      await fc.assert(
        fc.asyncProperty(noise, async (answers) => {
          const [one, other] = await Promise.all(
            [0, 1].map(() => createDeviceReader({}, distorted(answers, 1)).read(productId)),
          );
          // The same noise on both: what it lets through would be an identity that two machines share.
          expect(one?.components.os_install_id).toBeUndefined();
          expect(one?.components.board_id).toBeUndefined();
          expect(one?.components.mac).toBeUndefined();
          expect(matchDevice(one?.components ?? {}, other?.components ?? {}).matches).toBe(false);
        }),
        { numRuns: 150 },
      );
    });

    test('a strong component that was cut off is left out, never enrolled as another one', async () => {
      const whole = await createDeviceReader({}, system).read(productId);
      const strong = ['machine-id', 'ioreg', 'MachineGuid', 'LastConfig'];
      await fc.assert(
        fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true }), async (cutTo) => {
          const cut = (bytes: Uint8Array) => distort(bytes, { cutTo });
          const isStrong = (what: string) => strong.some((each) => what.includes(each));
          const port: SystemPort = {
            ...system,
            async readFile(path) {
              const bytes = await system.readFile(path);
              return isStrong(path) ? cut(bytes) : bytes;
            },
            async run(command, args, signal) {
              const bytes = await system.run(command, args, signal);
              return isStrong([command, ...args].join(' ')) ? cut(bytes) : bytes;
            },
          };
          const { components } = await createDeviceReader({}, port).read(productId);
          for (const name of ['os_install_id', 'board_id'] as const) {
            expect(components[name]).toBeOneOf([undefined, whole.components[name]]);
          }
        }),
        { numRuns: 100 },
      );
    });
  },
);
