import { createHmac } from 'node:crypto';
import { COMPONENTS, PRODUCT } from './issuer.ts';
import type { VectorFile, VectorTest } from './vector-file.ts';

type Values = Readonly<Partial<Record<(typeof COMPONENTS)[number], string>>>;

const hmac = (key: string | Uint8Array, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

const values: Values = {
  os_install_id: '4f1c2ab80de94c5ea1b7c3d95e60f271',
  board_id: '8c5d0a7e41f3426b9d18e2a4c6b7f093',
  boot_disk: 's4evnx0r503123k',
  mac: 'a85e45c1d27f',
  cpu: 'intel(r)core(tm)i7-1165g7@2.80ghz',
};
const { os_install_id: installId = '', board_id: boardId = '', ...weak } = values;

/** `parts`: the components whose digests name the machine. */
function digested(
  comment: string,
  parts: readonly string[],
  present: Values,
  productId = PRODUCT,
): VectorTest {
  const key = hmac('thrivetech device components v1', productId);
  const components = Object.fromEntries(
    COMPONENTS.flatMap((name) => {
      const value = present[name];
      return value === undefined
        ? []
        : [[name, hmac(key, `${name}\0${value}`).subarray(0, 16).toString('base64url')]];
    }),
  );
  const named = ['fingerprint', ...parts.map((name) => `${name}\0${components[name]}`)].join('\0');
  const fingerprint = parts.length === 0 ? null : hmac(key, named).toString('base64url');
  return { comment, input: { productId, values: present }, expected: { components, fingerprint } };
}

type Kind = 'machineId' | 'uuid' | 'serialNumber' | 'macAddress' | 'modelName';
const read =
  (kind: Kind) =>
  (comment: string, text: string, value: string): VectorTest => ({
    comment,
    input: { kind, text },
    expected: { value },
  });
const dropped =
  (kind: Kind) =>
  (comment: string, text: string): VectorTest => ({
    comment,
    flags: ['Junk'],
    input: { kind, text },
    expected: { value: null },
  });

const UUID = '8C5D0A7E-41F3-426B-9D18-E2A4C6B7F093';
const uuid = read('uuid');
const noUuid = dropped('uuid');
const serial = read('serialNumber');
const noSerial = dropped('serialNumber');
const mac = read('macAddress');
const noMac = dropped('macAddress');

export const deviceDigestVectors: VectorFile = {
  algorithm: 'thrive-device-digest',
  schema: 'device_digest_v1',
  header: [
    'What leaves a machine of the values that identify it, so that every client gives one machine one name.',
    'key = HMAC-SHA-256(key "thrivetech device components v1", product id); a digest is the first 16 bytes of HMAC-SHA-256(key, name NUL value).',
    'The fingerprint is HMAC-SHA-256(key, "fingerprint" and NUL name NUL digest of each strong component), or of the boot disk, or of the network card.',
  ],
  notes: {
    Junk: 'Many machines say this alike, or it is no such value. Two machines that share it would count as one.',
  },
  groups: [
    {
      type: 'DeviceDigest',
      comment: 'Digests and fingerprint',
      tests: [
        digested('all components', ['os_install_id', 'board_id'], values),
        digested('all components, for another product', ['os_install_id', 'board_id'], values, 'prd_other'),
        digested('one strong component', ['board_id'], { ...weak, board_id: boardId }),
        digested('the other strong component', ['os_install_id'], { os_install_id: installId }),
        digested('no strong component: the boot disk', ['boot_disk'], weak),
        digested('nor a boot disk: the network card', ['mac'], {
          mac: values.mac,
          cpu: values.cpu,
        } as Values),
        digested('only the processor, which many machines share', [], { cpu: values.cpu } as Values),
        digested('nothing', [], {}),
        digested('equal values of two components have two digests', ['os_install_id', 'board_id'], {
          os_install_id: installId,
          board_id: installId,
        }),
      ],
    },
    {
      type: 'DeviceValue',
      comment: 'What a system answers, in one spelling, or dropped',
      tests: [
        uuid('dashes and capitals', UUID, boardId),
        uuid('braces, and a line break', `{${UUID}}\r\n`, boardId),
        uuid('no dashes', boardId, boardId),
        noUuid('nothing', ''),
        noUuid('all zeros', '00000000-0000-0000-0000-000000000000'),
        noUuid('all ones', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'),
        noUuid('a placeholder of firmware', '03000200-0400-0500-0006-000700080009'),
        noUuid('cut off', UUID.slice(0, -1)),
        noUuid('words', 'Not Settable'),
        read('machineId')('a machine id and its line break', `${installId}\n`, installId),
        dropped('machineId')('before the first start', 'uninitialized\n'),
        dropped('machineId')('with dashes it is none', UUID),
        serial('capitals, padding and null bytes', ' PF3K7Q2N   \0\0', 'pf3k7q2n'),
        serial('punctuation stays', '/7XKQ2N3/CNCMK0019B00C4/', '/7xkq2n3/cncmk0019b00c4/'),
        noSerial('nothing', ''),
        noSerial('to be filled', 'To Be Filled By O.E.M.'),
        noSerial('a default', 'Default string'),
        noSerial('a name of itself', 'System Serial Number'),
        noSerial('all zeros', '00000000'),
        noSerial('a sequence', '123456789'),
        noSerial('too short', 'A1B2'),
        mac('dashes and capitals', 'A8-5E-45-C1-D2-7F', 'a85e45c1d27f'),
        mac('colons', 'a8:5e:45:c1:d2:7f\n', 'a85e45c1d27f'),
        noMac('all zeros', '00:00:00:00:00:00'),
        noMac('everybody', 'ff:ff:ff:ff:ff:ff'),
        noMac('a made-up one', '02:42:ac:11:00:02'),
        noMac('of a hypervisor', '00:0c:29:4f:8e:35'),
        noMac('cut off', 'a8:5e:45:c1:d2'),
        read('modelName')('capitals and spaces', 'Intel(R) Core(TM) i7-1165G7 @ 2.80GHz', values.cpu ?? ''),
        dropped('modelName')('nothing', ''),
      ],
    },
  ],
};
