import { matchDevice } from '@thrivetech/lease';
import { describe, expect, test } from 'vitest';
import { createDeviceReader } from './device-reader.ts';
import { digestComponents, fingerprintOf } from './digest-components.ts';
import * as linux from './linux.fixtures.ts';
import * as macos from './macos.fixtures.ts';
import { type Recording, recordedSystem } from './recorded-system.fixtures.ts';
import * as windows from './windows.fixtures.ts';

const productId = 'prd_1';
const unread = { os_install_id: null, board_id: null, boot_disk: null, mac: null, cpu: null };
const digestsOf = (values: Partial<typeof unread | Record<keyof typeof unread, string>>) =>
  digestComponents({ ...unread, ...values }, productId);
const read = (recording: Recording, options = {}) =>
  createDeviceReader(options, recordedSystem(recording)).read(productId);

interface Expected {
  readonly components: Partial<Record<keyof typeof unread, string>>;
  readonly os_version: string;
  readonly environment: string;
}

const laptopCpu = 'genuineintel614011thgenintel(r)core(tm)i7-1165g7@2.80ghz1';
const laptop = {
  os_install_id: '7d3c0a94be5f4f0f9c1be0a86f27d45e',
  boot_disk: 's64anx0r417283z',
  mac: 'f44637a15c0e',
  cpu: laptopCpu,
};
const machines: Record<string, [Recording, Expected]> = {
  'a laptop with Ubuntu': [
    linux.ubuntuLaptop,
    { components: laptop, os_version: 'Ubuntu 24.04.3 LTS', environment: 'desktop' },
  ],
  'the same laptop for root': [
    linux.ubuntuLaptopAsRoot,
    {
      components: { ...laptop, board_id: '9f1c2b4c2e5d11b2a85cd1b07a3e6c55' },
      os_version: 'Ubuntu 24.04.3 LTS',
      environment: 'desktop',
    },
  ],
  'a server with Debian': [
    linux.debianServer,
    {
      components: {
        os_install_id: '0f8e6a5b1c2d4e3f8091a2b3c4d5e6f7',
        board_id: '00000000000000000000ac1f6b7e0492',
        boot_disk: 'naa.5002538e90b1c2d4',
        mac: 'ac1f6b7e0492',
        cpu: 'genuineintel6140intel(r)xeon(r)e-2288gcpu@3.70ghz1',
      },
      os_version: 'Debian GNU/Linux 12 (bookworm)',
      environment: 'server',
    },
  ],
  'a desktop with Fedora on Btrfs': [
    linux.fedoraDesktop,
    {
      components: {
        os_install_id: 'c1a2f3e4d5b60718293a4b5c6d7e8f90',
        boot_disk: 'ata-wdc_wd10ezex-08wn4a0_wd-wcc6y7kj9x2r',
        cpu: 'authenticamd25140amdryzen75800x8-coreprocessor1',
      },
      os_version: 'Fedora Linux 41 (Workstation Edition)',
      environment: 'desktop',
    },
  ],
  'a Raspberry Pi': [
    linux.raspberryPi,
    {
      components: {
        os_install_id: '4a7b9c1d2e3f405162738495a6b7c8d9',
        board_id: '10000000b27c5e41',
        boot_disk: '0x7c2e91d5',
        mac: 'dca6328f104b',
        cpu: '0x410x00xd08',
      },
      os_version: 'Debian GNU/Linux 12 (bookworm)',
      environment: 'server',
    },
  ],
  'a guest of KVM': [
    linux.kvmGuest,
    {
      components: {
        os_install_id: 'e3b0c44298fc4c149afbf4c8996fb924',
        boot_disk: '1f0d9c3b-5a77-4b8e-8f36-2b1c0d9e8f7a',
        cpu: 'genuineintel6140intelxeonprocessor(icelake)1',
      },
      os_version: 'Ubuntu 22.04.5 LTS',
      environment: 'vm',
    },
  ],
  'an instance of EC2': [
    linux.ec2Instance,
    {
      components: {
        os_install_id: 'ec2d5c1b7a904e3f8c6b5a49382716f0',
        board_id: 'ec2a7c318d4f1e60b5c90f7e2d1c3b4a',
        boot_disk: 'vol0a1b2c3d4e5f60718',
        cpu: 'genuineintel6140intel(r)xeon(r)platinum8259clcpu@2.50ghz1',
      },
      os_version: 'Amazon Linux 2023.6.20241010',
      environment: 'vm',
    },
  ],
  'a container with Alpine': [
    linux.alpineContainer,
    { components: { cpu: laptopCpu }, os_version: 'Alpine Linux v3.20', environment: 'container' },
  ],
  'a pod of Kubernetes': [
    linux.kubernetesPod,
    {
      components: {
        os_install_id: 'b08dfa6083e7567a1921a715000001fb',
        board_id: '00000000000000000000ac1f6b7e0492',
        cpu: 'genuineintel6140intel(r)xeon(r)e-2288gcpu@3.70ghz1',
      },
      os_version: 'Debian GNU/Linux 12 (bookworm)',
      environment: 'container',
    },
  ],
  'a Mac with an Intel processor': [
    macos.intelMac,
    {
      components: {
        os_install_id: '7c2d10a543be5f0a9e710d83f1b5c264',
        board_id: 'c02zr1q7md6t',
        boot_disk: '5e1f9a207b3c4d6e8f90a1b2c3d4e5f6',
        mac: 'f8ffc21b7d30',
        cpu: 'intel(r)core(tm)i7-9750hcpu@2.60ghz',
      },
      os_version: 'macOS 13.7.1',
      environment: 'desktop',
    },
  ],
  "a Mac with Apple's processor": [
    macos.appleSiliconMac,
    {
      components: {
        os_install_id: 'a2e8f41790c35b6d8e1a47f0c9d2b358',
        board_id: 'kxwjt7qhlm',
        boot_disk: '9a8b7c6d5e4f4a3b9c2d1e0f8a7b6c5d',
        mac: 'bcd0745ae106',
        cpu: 'applem1pro',
      },
      os_version: 'macOS 15.1',
      environment: 'desktop',
    },
  ],
  'a guest on a Mac': [
    macos.macGuest,
    {
      components: {
        os_install_id: 'd1b0a9f8e7c65d5b4a3928170f6e5d4c',
        board_id: 'zd4k7nq0xw',
        cpu: 'applem2(virtual)',
      },
      os_version: 'Darwin 23.6.0',
      environment: 'vm',
    },
  ],
  'a laptop with Windows 11': [
    windows.windows11Laptop,
    {
      components: {
        os_install_id: 'b7c1f2d38e4a4f5b9c601d2e3f4a5b6c',
        board_id: '4c4c4544004235108052b7c04f4b4e32',
        boot_disk: 'a1f03c5e7b29d84c96e2105f8a3b7d41',
        mac: 'c8f7503a910e',
        cpu: '12thgenintel(r)core(tm)i7-1260p',
      },
      os_version: 'Windows 11 Pro (10.0.22631)',
      environment: 'desktop',
    },
  ],
  'a computer with junk in its firmware and Windows 10': [
    windows.windows10Junk,
    {
      components: {
        os_install_id: '2f0e9d8c7b6a49508372615049382716',
        board_id: 'k516742901234',
        boot_disk: 'd4c3b2a10000100000000000',
        mac: 'd8bbc10a5f6e',
        cpu: 'amdryzen536006-coreprocessor',
      },
      os_version: 'Windows 10 Home (10.0.19045)',
      environment: 'desktop',
    },
  ],
  'a computer where a policy forbids registry tools': [
    windows.windowsWithoutRegistryTools,
    {
      components: {
        os_install_id: '6e5d4c3b2a19480796f5e4d3c2b1a09f',
        board_id: '8f7e6d5c4b3a429180716f5e4d3c2b1a',
        cpu: 'intel(r)core(tm)ultra7155h',
      },
      os_version: 'Windows 11 Enterprise (10.0.26100)',
      environment: 'desktop',
    },
  ],
  'a guest of VMware with Windows 10': [
    windows.windows10Guest,
    {
      components: {
        os_install_id: '0a9b8c7d6e5f40418233445566778899',
        board_id: '564d3f2a1b0c9d8e7f60514233241506',
        boot_disk: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
        cpu: 'intel(r)xeon(r)gold6248cpu@2.50ghz',
      },
      os_version: 'Windows 10 Pro (10.0.19045)',
      environment: 'vm',
    },
  ],
  'a container with Windows': [
    windows.windowsContainer,
    {
      components: {
        os_install_id: '5c6d7e8f9a0b4c1d8e2f3a4b5c6d7e8f',
        cpu: 'amdepyc776364-coreprocessor',
      },
      os_version: 'Windows Server 2022 Datacenter (10.0.20348)',
      environment: 'container',
    },
  ],
  'a server with Windows': [
    windows.windowsServer,
    {
      components: {
        os_install_id: '5c6d7e8f9a0b4c1d8e2f3a4b5c6d7e8f',
        cpu: 'amdepyc776364-coreprocessor',
      },
      os_version: 'Windows Server 2022 Datacenter (10.0.20348)',
      environment: 'server',
    },
  ],
};

describe('what is read of', () => {
  test.each(Object.entries(machines))('%s', async (_name, [recording, expected]) => {
    const device = await read(recording, { fallbackFingerprint: () => 'kept-by-the-app' });
    const components = digestsOf(expected.components);
    expect(device).toEqual({
      fingerprint: fingerprintOf(components, productId) ?? 'kept-by-the-app',
      components,
      name: recording.hostname,
      platform: recording.platform,
      arch: recording.arch,
      os_version: expected.os_version,
      environment: expected.environment,
    });
    expect(device.fingerprint).toMatch(/^[\x21-\x7e]{8,256}$/);
  });

  test('no machine is another one, as far as a lease is concerned', async () => {
    const distinct = Object.values(machines)
      .map(([recording]) => recording)
      // A pod has the board of its node. That is what `environment` is for.
      .filter((each) => each !== linux.ubuntuLaptopAsRoot && each !== linux.kubernetesPod)
      .filter((each) => each !== windows.windowsServer);
    const devices = await Promise.all(distinct.map((each) => read(each)));
    for (const [index, device] of devices.entries()) {
      for (const other of devices.slice(index + 1)) {
        expect(device.fingerprint).not.toBe(other.fingerprint);
        expect(matchDevice(device.components, other.components).matches).toBe(false);
      }
    }
  });

  test('a machine stays itself when its app is run by root and the board shows', async () => {
    const [user, root] = [await read(linux.ubuntuLaptop), await read(linux.ubuntuLaptopAsRoot)];
    expect(user.fingerprint).not.toBe(root.fingerprint);
    expect(matchDevice(user.components, root.components)).toMatchObject({ matches: true, changed: [] });
    expect(matchDevice(root.components, user.components)).toMatchObject({ matches: true, changed: [] });
  });

  test('PowerShell is started only where a strong component is missing', async () => {
    const commandsOf = async (recording: Recording) => {
      const system = recordedSystem(recording);
      await createDeviceReader({}, system).read(productId);
      return system.commandsRun.map((line) => line.split(' ')[0]);
    };
    expect(await commandsOf(windows.windows11Laptop)).not.toContain('powershell.exe');
    expect(await commandsOf(windows.windows10Junk)).toContain('powershell.exe');
    expect(await commandsOf(linux.ubuntuLaptop)).toEqual([]);
  });

  test('a 32-bit process asks the 64-bit tools', async () => {
    const system = recordedSystem(windows.windows10Guest);
    const commands: string[] = [];
    const run: typeof system.run = (command, args, signal) => {
      commands.push(command);
      return system.run(command, args, signal);
    };
    await createDeviceReader({}, { ...system, run }).read(productId);
    expect(new Set(commands)).toEqual(
      new Set(['C:\\Windows\\Sysnative\\reg.exe', 'C:\\Windows\\Sysnative\\ipconfig.exe']),
    );
  });
});
