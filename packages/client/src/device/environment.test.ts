import { describe, expect, test } from 'vitest';
import { environmentOf, isContainerByEnv, isVirtualByName } from './environment.ts';
import type { Machine } from './machine.ts';

const machine = (over: Partial<Machine> = {}): Machine => ({
  components: { os_install_id: null, board_id: null, boot_disk: null, mac: null, cpu: null },
  osVersion: null,
  isContainer: false,
  isVirtual: false,
  isServer: false,
  ...over,
});

describe('the environment', () => {
  test('is what says most: a build service before a container, that before a guest, that before a server', () => {
    const everything = machine({ isContainer: true, isVirtual: true, isServer: true });
    expect(environmentOf(everything, { CI: 'true' })).toBe('ci');
    expect(environmentOf(everything, {})).toBe('container');
    expect(environmentOf({ ...everything, isContainer: false }, {})).toBe('vm');
    expect(environmentOf(machine({ isServer: true }), {})).toBe('server');
    expect(environmentOf(machine(), {})).toBe('desktop');
  });

  test.each([
    { CI: '1' },
    { CI: 'woodpecker' },
    { GITHUB_ACTIONS: 'true' },
    { GITLAB_CI: 'true' },
    { TF_BUILD: 'True' },
    { JENKINS_URL: 'https://ci.example/' },
    { TEAMCITY_VERSION: '2026.1' },
    { BITBUCKET_BUILD_NUMBER: '17' },
    { CODEBUILD_BUILD_ID: 'acme:1' },
  ])('with %j it is a build service', (env) => {
    expect(environmentOf(machine(), env)).toBe('ci');
  });

  test.each([{}, { CI: '' }, { CI: 'false' }, { CI: '0' }, { BUILD_NUMBER: '7' }])(
    'with %j it is not',
    (env) => {
      expect(environmentOf(machine(), env)).toBe('desktop');
    },
  );

  test.each([
    [{ KUBERNETES_SERVICE_HOST: '10.96.0.1' }, true],
    [{ ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/1' }, true],
    [{ container: 'podman' }, true],
    [{ container: 'lxc' }, true],
    [{ container: 'flatpak' }, false],
    [{ container: 'snap' }, false],
    [{ container: '' }, false],
    [{}, false],
  ])('with %j a container: %j', (env, expected) => {
    expect(isContainerByEnv(env)).toBe(expected);
  });

  test.each([
    ['QEMU', 'Standard PC (i440FX + PIIX, 1996)', true],
    ['VMware, Inc.', 'VMware20,1', true],
    ['innotek GmbH', 'VirtualBox', true],
    ['Microsoft Corporation', 'Virtual Machine', true],
    ['Microsoft Corporation', 'Surface Laptop 5', false],
    ['Xen', 'HVM domU', true],
    ['Parallels Software International Inc.', 'Parallels Virtual Platform', true],
    ['Amazon EC2', 't4g.small', true],
    ['Amazon EC2', 'c7i.metal-24xl', false],
    ['Google', 'Google Compute Engine', true],
    ['Google', 'Chromebook', false],
    ['DigitalOcean', 'Droplet', true],
    ['Hetzner', 'vServer', true],
    ['Apple Inc.', 'Apple Virtualization Generic Platform', true],
    ['Dell Inc.', 'PowerEdge R750', false],
    ['LENOVO', '20XW00A7GE', false],
    ['ASUSTeK COMPUTER INC.', 'ROG Maximus Axenon', false],
    [null, null, false],
  ])('%s %s is a virtual machine: %j', (vendor, product, expected) => {
    expect(isVirtualByName(vendor, product)).toBe(expected);
  });
});
