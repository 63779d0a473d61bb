/*
 * What may stand for a machine. Each function takes whatever a system answered and gives the value in one spelling,
 * or null: for what is cut off or no such value at all, and for what many machines say alike.
 */

/** Compared without case, spaces and punctuation. */
const JUNK = new Set(
  `
  to be filled by o.e.m. | to be filled by oem | default string | oem default string000 | $(default_string)
  system serial number | system serial | base board serial number | baseboard serial number | board serial number
  type2 - board serial number | chassis serial number | mainboard serial number | mb serial number | serial number
  system uuid | not specified | not applicable | not available | not settable | not present | unspecified
  none | none provided | null | (null string) | undefined | unknown | unknow | invalid | empty | blank | default
  standard | serial | oem serial | o.e.m. | filled by oem | no asset information | asset tag | eval | iatpass
  sys-1234567890 | sys-9876543210 | sn-12345 | sn-1234567890 | mb-1234567890 | sn-123456fvgv3i0b8o5n6n7k
  system manufacturer | system product name | system name | tulip computers | virtual machine | uninitialized
  `
    .split(/[|\n]/)
    .map(lettersOf)
    .filter(Boolean),
);

/** Placeholders of firmware that whole series were shipped with. */
const JUNK_UUIDS = new Set(
  [
    '03000200-0400-0500-0006-000700080009',
    '00020003-0004-0005-0006-000700080009',
    '03d40274-0435-05dc-8506-010700080009',
    '00010203-0405-0607-0809-0a0b0c0d0e0f',
    '01020304-0506-0708-090a-0b0c0d0e0f10',
    '00112233-4455-6677-8899-aabbccddeeff',
    '11223344-5566-7788-99aa-bbccddeeff00',
    '12345678-1234-1234-1234-123456789abc',
    '12345678-1234-5678-1234-567812345678',
    '12345678-1234-5678-90ab-cddeefaabbcc',
    '12345678-90ab-cdef-1234-567890abcdef',
    '4c4c4544-0000-2010-8020-80c04f202020',
    '49434d53-0200-9033-2500-339025003398',
    '6ab5b300-538d-1014-9fb5-b0684d007b53',
  ].map(lettersOf),
);

/** Disks that a hypervisor gives to every guest under one name. */
const SHARED_DISK = /qemuharddisk|qm0000\d|persistentdisk|drivescsi|drivevirtio|driveide|driveata/;

/** By prefix: adapters that hypervisors and tunnels make up, some of them with one address on every machine. */
const VIRTUAL_MACS = [
  '000569',
  '000c29',
  '001c14',
  '005056',
  '080027',
  '00155d',
  '00163e',
  '001c42',
  '001a4a',
  '0003ff',
  '000f4b',
  '00ff',
];
/** The bridge to Apple's T2 chip, a dongle sold by the million with one address, and examples out of manuals. */
const JUNK_MACS = new Set(['acde48001122', '00e04c534458', '001122334455', '0123456789ab', '001b44113ab7']);

const SERIAL_CHARACTERS_MIN = 5;
const SERIAL_CHARACTERS_MAX = 200;
const SERIAL_DISTINCT_MIN = 3;
// Random ones have fewer once in 10^12.
const UUID_DISTINCT_MIN = 6;
const MAC_DISTINCT_MIN = 4;

/** `/etc/machine-id` (machine-id(5)): 32 hexadecimal digits. */
export function machineId(text: string | null): string | null {
  const value = clean(text);
  return /^[0-9a-f]{32}$/.test(value) ? uuid(value) : null;
}

/** 32 hexadecimal digits, with or without braces and dashes. */
export function uuid(text: string | null): string | null {
  const value = clean(text).replace(/^\{(.*)\}$/, '$1');
  if (!/^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/.test(value)) return null;
  const digits = lettersOf(value);
  return distinct(digits) < UUID_DISTINCT_MIN || JUNK_UUIDS.has(digits) ? null : digits;
}

export function serialNumber(text: string | null): string | null {
  const value = clean(text);
  const letters = lettersOf(value);
  if (!/^[\x21-\x7e]+$/.test(value) || value.length > SERIAL_CHARACTERS_MAX) return null;
  if (letters.length < SERIAL_CHARACTERS_MIN || distinct(letters) < SERIAL_DISTINCT_MIN) return null;
  return JUNK.has(letters) || isSequence(letters) ? null : value;
}

export function diskSerial(text: string | null): string | null {
  const value = serialNumber(text);
  // Without a digit it is a word, such as the name that a hypervisor gives to the root disk of all its guests.
  return value === null || !/\d/.test(value) || SHARED_DISK.test(lettersOf(value)) ? null : value;
}

/** Only what a manufacturer gave to one device: no group, local or made-up address. */
export function macAddress(text: string | null): string | null {
  const value = clean(text);
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/.test(value)) return null;
  const digits = lettersOf(value);
  const isGroupOrLocal = (Number.parseInt(digits.slice(0, 2), 16) & 3) !== 0;
  const isVirtual = VIRTUAL_MACS.some((prefix) => digits.startsWith(prefix));
  if (isGroupOrLocal || isVirtual || JUNK_MACS.has(digits)) return null;
  return distinct(digits) < MAC_DISTINCT_MIN ? null : digits;
}

/** Names a kind of part, never one machine. */
export function modelName(text: string | null): string | null {
  const value = clean(text);
  return /^[\x21-\x7e]{4,200}$/.test(value) && !JUNK.has(lettersOf(value)) ? value : null;
}

/** Firmware pads with spaces and ends in null bytes; its updates change case and padding. */
function clean(text: string | null): string {
  return (text ?? '').replace(/\0+$/, '').replace(/\s+/g, '').toLowerCase();
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^0-9a-z]/g, '');
}

function distinct(text: string): number {
  return new Set(text).size;
}

/** `123456789`, `abcdef`, `987654321`, also beginning anew after 9. */
function isSequence(text: string): boolean {
  return ['0123456789', '9876543210', 'abcdefghijklmnopqrstuvwxyz'].some((row) =>
    row.repeat(2 + Math.ceil(text.length / row.length)).includes(text),
  );
}
