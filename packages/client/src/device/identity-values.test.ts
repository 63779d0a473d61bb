import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diskSerial, macAddress, machineId, modelName, serialNumber, uuid } from './identity-values.ts';

/** As firmware and tools write it: other case, padded, with the byte that ends a string. */
const spellings = (value: string) => [
  value,
  value.toUpperCase(),
  `  ${value} \n`,
  `${value}\0\0`,
  `\t${value}\r\n`,
];

describe('what says nothing', () => {
  test.each([
    '',
    ' ',
    '0',
    '00000000',
    '0000-0000-0000',
    '1111111',
    'FFFFFFFFFFFF',
    'xxxxxxxxxxx',
    '.',
    '....................',
    'None',
    'N/A',
    'NA',
    'n / a',
    'null',
    '(null string)',
    'INVALID',
    'Unknown',
    'empty',
    'default',
    'Default string',
    'OEM Default string000',
    '$(DEFAULT_STRING)',
    'To be filled by O.E.M.',
    'To Be Filled By OEM',
    'TO  BE FILLED  BY O.E.M',
    'System Serial Number',
    'SystemSerialNumber',
    'Base Board Serial Number',
    'Type2 - Board Serial Number',
    'Chassis Serial Number',
    'Not Specified',
    'Not Applicable',
    'Not Settable',
    '0123456789',
    '123456789',
    '1234567890',
    '12345678901234567890',
    '987654321',
    'abcdefgh',
    'SN-12345',
    'SYS-1234567890',
    'EVAL',
    'AB12',
    'serial\0number',
    'S3Z1\ufffdNB0K123',
    'Sériennummer-12',
    'A'.repeat(10) + 'b7'.repeat(100),
  ])('%j is no serial number, in any spelling', (junk) => {
    for (const spelling of spellings(junk)) {
      expect(serialNumber(spelling)).toBeNull();
      expect(diskSerial(spelling)).toBeNull();
    }
  });

  test.each([
    't10.ATA     QEMU HARDDISK                           QM00001',
    'ata-QEMU_HARDDISK_QM00001',
    'scsi-0QEMU_QEMU_HARDDISK_drive-scsi0',
    'scsi-0Google_PersistentDisk_persistent-disk-0',
    'overlayblk',
    'rootdisk',
  ])('%j is no disk: every guest of its hypervisor has it', (name) => {
    expect(diskSerial(name)).toBeNull();
  });

  test.each([
    '00000000-0000-0000-0000-000000000000',
    'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
    '00000000-0000-0000-0000-000000000001',
    'fefefefe-fefe-fefe-fefe-fefefefefefe',
    '11111111-2222-3333-4444-555555555555',
    'deadbeef-dead-beef-dead-beefdeadbeef',
    '03000200-0400-0500-0006-000700080009',
    '00020003-0004-0005-0006-000700080009',
    '4C4C4544-0000-2010-8020-80C04F202020',
    '12345678-1234-5678-90AB-CDDEEFAABBCC',
    'Not Settable',
    '7c2d10a5-43be-5f0a-9e71',
    '7c2d10a5-43be-5f0a-9e71-0d83f1b5c264-00',
    '{7c2d10a5-43be-5f0a-9e71-0d83f1b5c264',
    'g c2d10a5-43be-5f0a-9e71-0d83f1b5c264',
  ])('%j is no UUID, in any spelling', (junk) => {
    for (const spelling of spellings(junk)) {
      expect(uuid(spelling)).toBeNull();
      expect(uuid(`{${spelling}}`)).toBeNull();
    }
  });

  test.each([
    'uninitialized',
    '7d3c0a94be5f4f0f9c1be0a86f27d45',
    '7d3c0a94-be5f-4f0f-9c1b-e0a86f27d45e',
    '0'.repeat(32),
  ])('%j is no machine id', (junk) => {
    expect(machineId(junk)).toBeNull();
  });

  test.each([
    ['all zeros', '00:00:00:00:00:00'],
    ['all ones', 'ff:ff:ff:ff:ff:ff'],
    ['a group', '01:00:5e:4a:7b:c1'],
    ['set by software', '3e:91:5d:02:aa:17'],
    ['Docker', '02:42:ac:11:00:02'],
    ['KVM', '52:54:00:7d:12:ce'],
    ['VMware', '00:0C:29:5B:10:7F'],
    ["VMware's own adapter on every host", '00:50:56:C0:00:08'],
    ['VirtualBox', '08-00-27-4E-91-A3'],
    ['Hyper-V', '00-15-5D-4B-0A-11'],
    ['Xen', '00:16:3e:5a:b7:c9'],
    ['Parallels', '00:1c:42:9d:3e:07'],
    ['a tunnel', '00-FF-7A-3C-91-E5'],
    ["the bridge to Apple's T2", 'ac:de:48:00:11:22'],
    ['an example', '00:11:22:33:44:55'],
    ['blank memory', '00:00:00:00:00:01'],
    ['cut off', 'f8:ff:c2:1b:7d'],
    ['InfiniBand', '80:00:02:08:fe:80:00:00:00:00:00:00:f4:52:14:03:00:7b:cb:a1'],
  ])('%s is no network card', (_name, junk) => {
    for (const spelling of spellings(junk)) expect(macAddress(spelling)).toBeNull();
  });

  test.each(['', 'x86', 'unknown', 'None', '\ufffd\ufffd\ufffd\ufffd'])('%j is no model', (junk) => {
    expect(modelName(junk)).toBeNull();
  });

  test.each([machineId, uuid, serialNumber, diskSerial, macAddress, modelName])(
    'nothing is nothing',
    (vet) => {
      expect(vet(null)).toBeNull();
    },
  );
});

describe('what says something', () => {
  test.each([
    [serialNumber, 'PF3XK9L2', 'pf3xk9l2'],
    [serialNumber, '/5TQ9XY3/CNCMK0012345/', '/5tq9xy3/cncmk0012345/'],
    [
      serialNumber,
      'VMware-56 4d af ac d8 bd 4d 2c-06 df ca af 89 71 44 93',
      'vmware-564dafacd8bd4d2c-06dfcaaf89714493',
    ],
    [serialNumber, 'KXWJTQHLM', 'kxwjtqhlm'],
    [diskSerial, 'S64ANX0R417283Z     ', 's64anx0r417283z'],
    [diskSerial, 'eui.0025388401b2c9d7', 'eui.0025388401b2c9d7'],
    [diskSerial, '5f0c7f6e-9d1c-4f0b-8a6b-3c2d1e0f9a8b', '5f0c7f6e-9d1c-4f0b-8a6b-3c2d1e0f9a8b'],
    [machineId, '7d3c0a94be5f4f0f9c1be0a86f27d45e', '7d3c0a94be5f4f0f9c1be0a86f27d45e'],
    [uuid, '{4C4C4544-0042-3510-8052-B7C04F4B4E32}', '4c4c4544004235108052b7c04f4b4e32'],
    [uuid, '00000000-0000-0000-0000-ac1f6b7e0492', '00000000000000000000ac1f6b7e0492'],
    [uuid, '7c2d10a543be5f0a9e710d83f1b5c264', '7c2d10a543be5f0a9e710d83f1b5c264'],
    [macAddress, 'f4:46:37:a1:5c:0e', 'f44637a15c0e'],
    [macAddress, 'C8-F7-50-3A-91-0E', 'c8f7503a910e'],
    [modelName, 'Apple M1 Pro', 'applem1pro'],
  ])('is one value in every spelling (%o, %j)', (vet, text, expected) => {
    for (const spelling of spellings(text)) expect(vet(spelling)).toBe(expected);
  });

  test('is vetted once: its own spelling is the same value', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40 }),
        fc.constantFrom(serialNumber, diskSerial, modelName),
        (text, vet) => {
          const value = vet(text);
          if (value !== null) expect(vet(value)).toBe(value);
        },
      ),
    );
  });

  test('real ids are all but never taken for junk', () => {
    const hex = (length: number) =>
      fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((bytes) => Buffer.from(bytes).toString('hex'));
    const random = fc.noShrink(hex(16));
    fc.assert(
      fc.property(random, (id) => {
        // fast-check likes to draw runs of equal bytes: those are what the rule is against.
        fc.pre(new Set(id).size > 5);
        expect(machineId(id)).toBe(id);
        expect(uuid(id)).toBe(id);
      }),
    );
  });
});
