import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { KeyType } from '@thrivetech/contracts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const typeMarks = { admin: 'admin', read_only: 'read', channel: 'chan' } as const satisfies Record<
  KeyType,
  string
>;
const pattern = /^(tt_(?:admin|read|chan)_[0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;

/** A new API key: `tt_<type>_`, 32 random base62 characters (190 bits), 6 characters of CRC32. */
export function newApiKey(type: KeyType): string {
  const random = Array.from({ length: 32 }, () => alphabet[randomInt(alphabet.length)]).join('');
  const body = `tt_${typeMarks[type]}_${random}`;
  return body + checksum(body);
}

/** Is this text an API key in form? A typing error is seen here, without asking the database. */
export function isApiKey(text: string): boolean {
  const [, body, check] = text.match(pattern) ?? [];
  return body !== undefined && checksum(body) === check;
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let place = 0; place < 6; place++) {
    text = alphabet[rest % 62] + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}
