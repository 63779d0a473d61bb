import { nodeCrypto } from '@thrivetech/lease/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeLicense } from './judge-license.ts';
import { device, NOW, storedLicense, trust } from './license.fixtures.ts';
import { nothingStored, storedLicenseFormat } from './stored-license.ts';
import { verifyStored } from './verify-stored.ts';

const format = storedLicenseFormat('prd_1', nodeCrypto.hmacSha256);
const stored = storedLicense({
  problem: { code: 'TIMEOUT', since: NOW },
  requests: [{ nonce: 'n', created_at: NOW }],
});

describe('a stored license', () => {
  it('is read as it was written', () => {
    expect(format.read(format.write(stored))).toEqual(stored);
    expect(format.read(format.write(nothingStored))).toEqual(nothingStored);
  });

  it('with any one character changed is noticed', () => {
    const text = format.write(stored);
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.constantFrom('0', 'A', '"', '}', ' ', 'é'),
        (index, character) => {
          fc.pre(text[index] !== character);
          expect(format.read(text.slice(0, index) + character + text.slice(index + 1))).toBeNull();
        },
      ),
    );
  });

  it('that was cut off, is of another product, or no text of ours at all, is noticed', () => {
    const text = format.write(stored);
    for (const length of [0, 1, text.length / 2, text.length - 1])
      expect(format.read(text.slice(0, length))).toBeNull();
    expect(storedLicenseFormat('prd_2', nodeCrypto.hmacSha256).read(text)).toBeNull();
    expect(format.read(text.replace('"version":1', '"version":2'))).toBeNull();
    for (const other of ['null', '[]', '{}', '"x"']) expect(format.read(other)).toBeNull();
  });

  it('whose MAC was forged makes no check throw, whatever is in it', () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(null, '', -1, 1e300, {}, []));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(stored)), odd, (name, value) => {
        const read = format.read(format.write({ ...stored, [name]: value }));
        const judged = read ?? 'damaged';
        const verified = judged === 'damaged' ? null : verifyStored(judged, device, NOW, trust);
        expect(judgeLicense({ stored: judged, verified, now: NOW }).status).toEqual(expect.any(String));
      }),
      { numRuns: 300 },
    );
  });
});
