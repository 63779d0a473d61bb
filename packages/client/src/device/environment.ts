import type { DeviceEnvironment } from './device.ts';
import type { Machine } from './machine.ts';
import type { SystemPort } from './system-port.ts';

type Env = SystemPort['env'];

/** Set by the build services and their runners, whatever the value. */
const CI_VARIABLES = [
  'GITHUB_ACTIONS',
  'GITLAB_CI',
  'TF_BUILD',
  'BUILDKITE',
  'CIRCLECI',
  'TRAVIS',
  'JENKINS_URL',
  'TEAMCITY_VERSION',
  'BITBUCKET_BUILD_NUMBER',
  'APPVEYOR',
  'CODEBUILD_BUILD_ID',
  'DRONE',
  'SEMAPHORE',
  'CIRRUS_CI',
  'WOODPECKER_CI',
];
const CONTAINER_VARIABLES = [
  'KUBERNETES_SERVICE_HOST',
  'ECS_CONTAINER_METADATA_URI',
  'ECS_CONTAINER_METADATA_URI_V4',
  'AWS_LAMBDA_FUNCTION_NAME',
  'K_SERVICE',
];
/** Packaging of desktop apps: they see the machine id of the machine itself. */
const SANDBOXES = ['flatpak', 'snap'];

const VIRTUAL_MACHINE = new RegExp(
  [
    'qemu|kvm|bochs|bhyve|vmware|virtualbox|innotek|parallels|\\bxen\\b|virtual machine|virtualmac|vserver',
    'apple virtualization|google compute engine|openstack|droplet|digitalocean|nutanix|ovirt|rhev|proxmox',
    'alibaba cloud|tencent cloud|firecracker|dummy-virt|cloud hypervisor|vultr|linode|upcloud|scaleway|virtual platform',
  ].join('|'),
  'i',
);

/** The one that says most about how far the machine's identity can be trusted. */
export function environmentOf(machine: Machine, env: Env): DeviceEnvironment {
  if (isCi(env)) return 'ci';
  if (machine.isContainer) return 'container';
  if (machine.isVirtual) return 'vm';
  return machine.isServer ? 'server' : 'desktop';
}

export function isContainerByEnv(env: Env): boolean {
  const { container } = env;
  if (CONTAINER_VARIABLES.some((name) => env[name])) return true;
  return Boolean(container) && !SANDBOXES.includes(container ?? '');
}

/** By what the firmware calls manufacturer and product. Amazon's names are those of its bare metal as well. */
export function isVirtualByName(...names: readonly (string | null)[]): boolean {
  const name = names.join(' ');
  return VIRTUAL_MACHINE.test(name) || (/amazon ec2/i.test(name) && !/\.metal/i.test(name));
}

function isCi(env: Env): boolean {
  const { CI: general } = env;
  const isGeneral = Boolean(general) && !['false', '0'].includes(general?.toLowerCase() ?? '');
  return isGeneral || CI_VARIABLES.some((name) => env[name]);
}
