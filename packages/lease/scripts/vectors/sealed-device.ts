import { COMPONENTS, type Device, digestsOf, fp, machine } from './issuer.ts';
import { base64url, digestOf, sealed, sha256 } from './kit.ts';
import type { VectorFile, VectorTest } from './vector-file.ts';

const all = digestsOf(COMPONENTS);

const seal = (comment: string, device: Device, salt: Buffer, flags: string[] = []): VectorTest => {
  const parts = Object.entries(device.components).filter(([name, digest]) => name in all && digest !== '');
  return {
    comment,
    flags,
    input: { device, salt: base64url(salt) },
    expected: {
      fingerprint: device.fingerprint && sealed(salt, 'fingerprint', device.fingerprint),
      components: Object.fromEntries(parts.map(([name, digest]) => [name, sealed(salt, name, digest)])),
    },
  };
};
const salts = ['first salt', 'second salt'].map((text) => sha256(text).subarray(0, 16));
const [salt = Buffer.alloc(16)] = salts;

export const sealedDeviceVectors: VectorFile = {
  algorithm: 'thrive-sealed-device',
  schema: 'sealed_device_v1',
  header: [
    'A machine as it stands in the claim fp of a lease: the first 16 bytes of HMAC-SHA-256 of "name:digest" under the salt.',
  ],
  notes: {
    Unreadable: 'An empty digest is left out: sealed, two of them would look like one machine.',
    LaterVersion: 'A component that this version does not know is left out.',
  },
  groups: [
    {
      type: 'SealedDevice',
      comment: 'Sealing',
      tests: [
        ...salts.map((bytes, index) => seal(`all parts, salt ${index + 1}`, machine, bytes)),
        seal('a salt of zeros', machine, Buffer.alloc(16)),
        seal("a fingerprint of the app's own", { fingerprint: 'adas-laptop', components: {} }, salt),
        seal('a fingerprint of every printable sign', { fingerprint: printable(), components: {} }, salt),
        seal(
          'equal digests of two parts do not show as equal',
          { fingerprint: 'x', components: { mac: 'x', cpu: 'x' } },
          salt,
        ),
        seal('a digest with a colon', { fingerprint: 'a:b', components: { mac: 'c:d' } }, salt),
        seal('no part can be read', { fingerprint: '', components: { mac: '' } }, salt, ['Unreadable']),
        seal(
          'some parts cannot be read',
          { fingerprint: digestOf('f'), components: { ...all, boot_disk: '', cpu: '' } },
          salt,
          ['Unreadable'],
        ),
        seal('a component of a later version', { ...machine, components: { ...all, tpm: 'x' } }, salt, [
          'LaterVersion',
        ]),
      ],
    },
    {
      type: 'SealedDevice',
      comment: 'The claim fp of the leases in lease-verify.json',
      tests: [seal('all parts', machine, Buffer.from(fp(machine).salt, 'base64url'))],
    },
  ],
};

function printable(): string {
  return Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join('');
}
