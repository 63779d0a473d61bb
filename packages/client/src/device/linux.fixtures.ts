import type { Recording } from './recorded-system.fixtures.ts';

const linux = { platform: 'linux', arch: 'x64', version: '#1 SMP PREEMPT_DYNAMIC', cpuModel: 'unused' };

const cpuInfo = (model: string, more: string) => `processor\t: 0
vendor_id\t: ${model.startsWith('AMD') ? 'AuthenticAMD' : 'GenuineIntel'}
cpu family\t: ${model.startsWith('AMD') ? 25 : 6}
model\t\t: 140
model name\t: ${model}
stepping\t: 1
microcode\t: 0xb8
cpu MHz\t\t: 2803.200
cache size\t: 12288 KB
flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge ${more}
bugs\t\t: spectre_v1 spectre_v2

processor\t: 1
vendor_id\t: ${model.startsWith('AMD') ? 'AuthenticAMD' : 'GenuineIntel'}
cpu family\t: ${model.startsWith('AMD') ? 25 : 6}
model\t\t: 140
model name\t: ${model}
`;

function networkCard(
  name: string,
  card: { path: string; address: string; assigned?: string; radio?: string },
) {
  const base = `/sys/class/net/${name}`;
  return {
    links: {
      [base]: `../../devices/${card.path}/net/${name}`,
      [`${base}/device`]: `../../../${card.path.split('/').at(-1)}`,
    },
    files: {
      [`${base}/type`]: '1\n',
      [`${base}/addr_assign_type`]: `${card.assigned ?? '0'}\n`,
      [`${base}/address`]: `${card.address}\n`,
      ...(card.radio ? { [`${base}/phy80211/macaddress`]: `${card.radio}\n` } : {}),
    },
  };
}

const loopback = {
  links: { '/sys/class/net/lo': '../../devices/virtual/net/lo' },
  files: {
    '/sys/class/net/lo/type': '772\n',
    '/sys/class/net/lo/addr_assign_type': '0\n',
    '/sys/class/net/lo/address': '00:00:00:00:00:00\n',
  },
};
const dockerBridge = {
  links: { '/sys/class/net/docker0': '../../devices/virtual/net/docker0' },
  files: {
    '/sys/class/net/docker0/type': '1\n',
    '/sys/class/net/docker0/addr_assign_type': '3\n',
    '/sys/class/net/docker0/address': '02:42:1c:9a:77:31\n',
  },
};

const wireless = networkCard('wlp0s20f3', {
  path: 'pci0000:00/0000:00:14.3',
  address: '3e:91:5d:02:aa:17',
  assigned: '3',
  radio: 'f4:46:37:a1:5c:0e',
});
const dock = networkCard('enx00e04c681f2b', {
  path: 'pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0',
  address: '00:e0:4c:68:1f:2b',
});

/** A ThinkPad with Ubuntu 24.04: LVM on LUKS on NVMe, Wi-Fi under a random address, in a dock, run by a user. */
export const ubuntuLaptop: Recording = {
  ...linux,
  hostname: 'ada-thinkpad',
  release: '6.8.0-86-generic',
  env: { DISPLAY: ':0', XDG_SESSION_TYPE: 'wayland', HOME: '/home/ada' },
  files: {
    '/etc/machine-id': '7d3c0a94be5f4f0f9c1be0a86f27d45e\n',
    '/var/lib/dbus/machine-id': '7d3c0a94be5f4f0f9c1be0a86f27d45e\n',
    '/etc/os-release': 'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\n',
    '/proc/cpuinfo': cpuInfo('11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz', 'vmx aes'),
    '/proc/self/mountinfo': [
      '24 31 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw',
      '31 1 252:1 / / rw,relatime shared:1 - ext4 /dev/mapper/ubuntu--vg-ubuntu--lv rw',
      '96 31 259:2 / /boot rw,relatime shared:44 - ext4 /dev/nvme0n1p2 rw',
      '99 31 7:0 / /snap/core22/1621 ro,nodev,relatime shared:46 - squashfs /dev/loop0 ro',
    ].join('\n'),
    '/proc/1/cgroup': '0::/init.scope\n',
    '/proc/self/cgroup': '0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-acme.scope\n',
    '/sys/class/dmi/id/product_uuid': null,
    '/sys/class/dmi/id/board_serial': null,
    '/sys/class/dmi/id/product_serial': null,
    '/sys/class/dmi/id/sys_vendor': 'LENOVO\n',
    '/sys/class/dmi/id/product_name': '20XW00A7GE\n',
    '/sys/class/dmi/id/chassis_type': '10\n',
    '/sys/class/block/dm-1/dm/name': 'ubuntu--vg-ubuntu--lv\n',
    '/sys/class/block/dm-1/slaves/dm-0': '',
    '/sys/class/block/dm-0/slaves/nvme0n1p3': '',
    '/sys/class/block/nvme0n1p3/partition': '3\n',
    '/sys/class/block/nvme0n1/device/serial': 'S64ANX0R417283Z     \n',
    '/sys/class/block/nvme0n1/wwid': 'eui.0025388401b2c9d7\n',
    ...loopback.files,
    ...dockerBridge.files,
    ...wireless.files,
    ...dock.files,
  },
  links: {
    '/sys/dev/block/252:1': '../../devices/virtual/block/dm-1',
    '/sys/class/block/nvme0n1p3':
      '../../devices/pci0000:00/0000:00:06.0/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p3',
    '/etc/systemd/system/default.target': '/usr/lib/systemd/system/graphical.target',
    ...loopback.links,
    ...dockerBridge.links,
    ...wireless.links,
    ...dock.links,
  },
};

/** The same laptop, run by root: the board shows. */
export const ubuntuLaptopAsRoot: Recording = {
  ...ubuntuLaptop,
  env: {},
  files: {
    ...ubuntuLaptop.files,
    '/sys/class/dmi/id/product_uuid': '9f1c2b4c-2e5d-11b2-a85c-d1b07a3e6c55\n',
    '/sys/class/dmi/id/board_serial': 'L1HF13K02Q7\n',
  },
};

const onboard = networkCard('eno1', {
  path: 'pci0000:00/0000:00:1c.4/0000:02:00.0',
  address: 'ac:1f:6b:7e:04:92',
});
const second = networkCard('eno2', {
  path: 'pci0000:00/0000:00:1c.4/0000:02:00.1',
  address: 'ac:1f:6b:7e:04:93',
});

/** A Supermicro server with Debian 12 on a SATA disk; firmware without serial numbers, with a UUID made of its MAC. */
export const debianServer: Recording = {
  ...linux,
  hostname: 'build-03',
  release: '6.1.0-40-amd64',
  files: {
    '/etc/machine-id': '0f8e6a5b1c2d4e3f8091a2b3c4d5e6f7\n',
    '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
    '/proc/cpuinfo': cpuInfo('Intel(R) Xeon(R) E-2288G CPU @ 3.70GHz', 'vmx'),
    '/proc/self/mountinfo': '28 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,errors=remount-ro\n',
    '/proc/1/cgroup': '0::/init.scope\n',
    '/sys/class/dmi/id/product_uuid': '00000000-0000-0000-0000-ac1f6b7e0492\n',
    '/sys/class/dmi/id/board_serial': 'Default string\n',
    '/sys/class/dmi/id/product_serial': '0123456789\n',
    '/sys/class/dmi/id/sys_vendor': 'Supermicro\n',
    '/sys/class/dmi/id/product_name': 'Super Server\n',
    '/sys/class/dmi/id/chassis_type': '17\n',
    '/sys/class/block/sda2/partition': '2\n',
    '/sys/class/block/sda/device/wwid': 'naa.5002538e90b1c2d4\n',
    ...loopback.files,
    ...onboard.files,
    ...second.files,
  },
  links: {
    '/sys/dev/block/8:2':
      '../../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda2',
    '/sys/class/block/sda2':
      '../../devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda2',
    ...loopback.links,
    ...onboard.links,
    ...second.links,
  },
};

/** Fedora on Btrfs, whose mount has no device number of the kernel; an old disk that only udev knows by name. */
export const fedoraDesktop: Recording = {
  ...linux,
  hostname: 'fedora',
  release: '6.11.4-301.fc41.x86_64',
  env: { WAYLAND_DISPLAY: 'wayland-0' },
  files: {
    '/etc/machine-id': 'c1a2f3e4d5b60718293a4b5c6d7e8f90\n',
    '/etc/os-release': 'NAME="Fedora Linux"\nPRETTY_NAME="Fedora Linux 41 (Workstation Edition)"\n',
    '/proc/cpuinfo': cpuInfo('AMD Ryzen 7 5800X 8-Core Processor', 'svm'),
    '/proc/self/mountinfo':
      '61 1 0:33 /root / rw,relatime shared:1 - btrfs /dev/sdb3 rw,seclabel,compress=zstd:1,subvol=/root\n',
    '/sys/class/dmi/id/sys_vendor': 'To Be Filled By O.E.M.\n',
    '/sys/class/dmi/id/product_name': 'To Be Filled By O.E.M.\n',
    '/sys/class/block/sdb3/partition': '3\n',
  },
  links: {
    '/sys/class/block/sdb3':
      '../../devices/pci0000:00/0000:00:01.2/ata4/host3/target3:0:0/3:0:0:0/block/sdb/sdb3',
    '/dev/disk/by-id/ata-ST2000DM008-2FR102_ZFL1A2B3': '../../sda',
    '/dev/disk/by-id/ata-WDC_WD10EZEX-08WN4A0_WD-WCC6Y7KJ9X2R': '../../sdb',
    '/dev/disk/by-id/ata-WDC_WD10EZEX-08WN4A0_WD-WCC6Y7KJ9X2R-part3': '../../sdb3',
    '/dev/disk/by-uuid/5f0c7f6e-9d1c-4f0b-8a6b-3c2d1e0f9a8b': '../../sdb3',
  },
};

const piEthernet = networkCard('eth0', {
  path: 'platform/scb/fd580000.ethernet',
  address: 'dc:a6:32:8f:10:4b',
});

/** A Raspberry Pi 4 without a screen: the device tree shows its serial number to everybody. */
export const raspberryPi: Recording = {
  ...linux,
  arch: 'arm64',
  hostname: 'kiosk',
  release: '6.6.51+rpt-rpi-v8',
  files: {
    '/etc/machine-id': '4a7b9c1d2e3f405162738495a6b7c8d9\n',
    '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    '/proc/cpuinfo': `processor\t: 0
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

Revision\t: c03114
Serial\t\t: 10000000b27c5e41
Model\t\t: Raspberry Pi 4 Model B Rev 1.4
`,
    '/proc/self/mountinfo': '21 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n',
    '/sys/firmware/devicetree/base/serial-number': '10000000b27c5e41\0',
    '/sys/firmware/devicetree/base/compatible': 'raspberrypi,4-model-b\0brcm,bcm2711\0',
    '/sys/class/block/mmcblk0p2/partition': '2\n',
    '/sys/class/block/mmcblk0/device/serial': '0x7c2e91d5\n',
    ...piEthernet.files,
  },
  links: {
    '/sys/dev/block/179:2':
      '../../devices/platform/emmc2bus/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0/mmcblk0p2',
    '/sys/class/block/mmcblk0p2':
      '../../devices/platform/emmc2bus/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0/mmcblk0p2',
    ...piEthernet.links,
  },
};

const virtioNet = networkCard('ens3', {
  path: 'pci0000:00/0000:00:03.0/virtio0',
  address: '52:54:00:7d:12:ce',
});

/** A KVM guest with an Ubuntu cloud image: the disk is called as every other guest's, so its file system speaks for it. */
export const kvmGuest: Recording = {
  ...linux,
  hostname: 'web-1',
  release: '5.15.0-125-generic',
  files: {
    '/etc/machine-id': 'e3b0c44298fc4c149afbf4c8996fb924\n',
    '/etc/os-release': 'PRETTY_NAME="Ubuntu 22.04.5 LTS"\n',
    '/proc/cpuinfo': cpuInfo('Intel Xeon Processor (Icelake)', 'hypervisor lahf_lm'),
    '/proc/self/mountinfo': '29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,discard\n',
    '/sys/class/dmi/id/product_uuid': null,
    '/sys/class/dmi/id/sys_vendor': 'QEMU\n',
    '/sys/class/dmi/id/product_name': 'Standard PC (Q35 + ICH9, 2009)\n',
    '/sys/class/dmi/id/chassis_type': '1\n',
    '/sys/class/block/sda1/partition': '1\n',
    '/sys/class/block/sda/device/wwid': 't10.ATA     QEMU HARDDISK                           QM00001 \n',
    ...virtioNet.files,
  },
  links: {
    '/sys/dev/block/8:1':
      '../../devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1',
    '/sys/class/block/sda1':
      '../../devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda1',
    '/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001': '../../sda',
    '/dev/disk/by-uuid/1f0d9c3b-5a77-4b8e-8f36-2b1c0d9e8f7a': '../../sda1',
    '/dev/disk/by-uuid/A1B2-C3D4': '../../sda15',
    ...virtioNet.links,
  },
};

/** An EC2 instance on Nitro, run by root. */
export const ec2Instance: Recording = {
  ...linux,
  hostname: 'ip-10-0-3-17',
  release: '6.1.112-122.189.amzn2023.x86_64',
  files: {
    '/etc/machine-id': 'ec2d5c1b7a904e3f8c6b5a49382716f0\n',
    '/etc/os-release': 'PRETTY_NAME="Amazon Linux 2023.6.20241010"\n',
    '/proc/cpuinfo': cpuInfo('Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz', 'hypervisor'),
    '/proc/self/mountinfo': '26 1 259:1 / / rw,noatime shared:1 - xfs /dev/nvme0n1p1 rw,seclabel\n',
    '/sys/class/dmi/id/product_uuid': 'ec2a7c31-8d4f-1e60-b5c9-0f7e2d1c3b4a\n',
    '/sys/class/dmi/id/sys_vendor': 'Amazon EC2\n',
    '/sys/class/dmi/id/product_name': 'm5.large\n',
    '/sys/class/block/nvme0n1p1/partition': '1\n',
    '/sys/class/block/nvme0n1/device/serial': 'vol0a1b2c3d4e5f60718\n',
  },
  links: {
    '/sys/dev/block/259:1': '../../devices/pci0000:00/0000:00:04.0/nvme/nvme0/nvme0n1/nvme0n1p1',
    '/sys/class/block/nvme0n1p1': '../../devices/pci0000:00/0000:00:04.0/nvme/nvme0/nvme0n1/nvme0n1p1',
  },
};

const veth = {
  links: { '/sys/class/net/eth0': '../../devices/virtual/net/eth0' },
  files: {
    '/sys/class/net/eth0/type': '1\n',
    '/sys/class/net/eth0/addr_assign_type': '1\n',
    '/sys/class/net/eth0/address': '02:42:ac:11:00:02\n',
  },
};

/** Alpine in Docker, run by a user: nothing in it is this container's alone. */
export const alpineContainer: Recording = {
  ...linux,
  hostname: '3f9c2d71a0be',
  release: '6.8.0-86-generic',
  files: {
    '/.dockerenv': '',
    '/etc/os-release': 'NAME="Alpine Linux"\nPRETTY_NAME="Alpine Linux v3.20"\n',
    '/proc/cpuinfo': cpuInfo('11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz', 'vmx aes'),
    '/proc/self/mountinfo':
      '613 598 0:58 / / rw,relatime master:194 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/ABC:/var/lib/docker/overlay2/l/DEF,upperdir=/var/lib/docker/overlay2/1f/diff\n',
    '/proc/1/cgroup': '0::/\n',
    '/proc/self/cgroup': '0::/\n',
    ...veth.files,
  },
  links: veth.links,
};

/** A pod whose image has a machine id baked in, run by root: it sees the board of the node. */
export const kubernetesPod: Recording = {
  ...linux,
  hostname: 'acme-worker-6d5f9c7b8-x2x7p',
  release: '6.1.0-40-amd64',
  env: { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' },
  files: {
    '/etc/machine-id': 'b08dfa6083e7567a1921a715000001fb\n',
    '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    '/proc/cpuinfo': cpuInfo('Intel(R) Xeon(R) E-2288G CPU @ 3.70GHz', 'vmx'),
    '/proc/self/mountinfo':
      '2101 1893 0:412 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/91/fs\n',
    '/sys/class/dmi/id/product_uuid': '00000000-0000-0000-0000-ac1f6b7e0492\n',
    '/sys/class/dmi/id/sys_vendor': 'Supermicro\n',
    '/sys/class/dmi/id/product_name': 'Super Server\n',
  },
};
