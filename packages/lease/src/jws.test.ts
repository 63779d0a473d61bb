import { describe, expect, test } from 'vitest';
import { encodeBase64Url } from './base64url.ts';
import { parseToken, signToken } from './jws.ts';
import { signingKey } from './lease.fixtures.ts';

const format = { typ: 'test+jwt', charsMax: 1000 };
const part = (text: string) => encodeBase64Url(new TextEncoder().encode(text));
const parse = (header: string) => parseToken(`${part(header)}.e30.AA`, format);

describe('compact JWS', () => {
  test('has the one header of this format, and parses back to what was signed', () => {
    const token = signToken(format, { a: 'ä' }, signingKey);
    const [header = '', payload = '', signature = ''] = token.split('.');
    expect(Buffer.from(header, 'base64url').toString()).toBe(
      `{"alg":"Ed25519","kid":"${signingKey.kid}","typ":"test+jwt"}`,
    );
    expect(Buffer.from(payload, 'base64url').toString()).toBe('{"a":"ä"}');
    expect(parseToken(token, format)).toEqual({
      ok: true,
      kid: signingKey.kid,
      signingInput: new TextEncoder().encode(`${header}.${payload}`),
      payload: new TextEncoder().encode('{"a":"ä"}'),
      signature: new Uint8Array(Buffer.from(signature, 'base64url')),
    });
  });

  test.each([
    ['another member', '{"alg":"Ed25519","kid":"k","typ":"test+jwt","crit":["exp"]}'],
    ['an embedded key', '{"alg":"Ed25519","jwk":{},"kid":"k","typ":"test+jwt"}'],
    ['no alg', '{"kid":"k","typ":"test+jwt"}'],
    ['no kid', '{"alg":"Ed25519","typ":"test+jwt"}'],
    ['an empty kid', '{"alg":"Ed25519","kid":"","typ":"test+jwt"}'],
    ['a kid that is no text', '{"alg":"Ed25519","kid":1,"typ":"test+jwt"}'],
    ['no typ', '{"alg":"Ed25519","kid":"k"}'],
    ['a member twice', '{"alg":"none","alg":"Ed25519","kid":"k","typ":"test+jwt"}'],
    ['the same member twice, alike', '{"alg":"Ed25519","alg":"Ed25519","kid":"k","typ":"test+jwt"}'],
    ['a prototype', '{"alg":"Ed25519","kid":"k","typ":"test+jwt","__proto__":{}}'],
    ['an escaped member', '{"\\u0061lg":"Ed25519","kid":"k","typ":"test+jwt"}'],
    ['white space', '{"alg":"Ed25519", "kid":"k","typ":"test+jwt"}'],
    ['another order', '{"typ":"test+jwt","alg":"Ed25519","kid":"k"}'],
    ['a byte order mark', '\ufeff{"alg":"Ed25519","kid":"k","typ":"test+jwt"}'],
    ['a list', '["Ed25519","k","test+jwt"]'],
    ['null', 'null'],
    ['no JSON', '{'],
    ['nothing', ''],
  ])('a header with %s is refused', (_what, header) => {
    expect(parse(header)).toEqual({ ok: false, error: 'BAD_HEADER' });
  });

  test('a header of invalid UTF-8 is refused', () => {
    const header = Buffer.from('{"alg":"Ed25519","kid":"\xff","typ":"test+jwt"}', 'latin1');
    expect(parseToken(`${encodeBase64Url(header)}.e30.AA`, format)).toMatchObject({ error: 'BAD_HEADER' });
  });

  test.each(['none', 'None', 'EdDSA', 'ed25519', 'HS256', 'RS256', 'ES256', 'Ed448'])(
    'alg %s is refused',
    (alg) => {
      expect(parse(`{"alg":"${alg}","kid":"k","typ":"test+jwt"}`)).toMatchObject({ error: 'BAD_ALGORITHM' });
    },
  );

  test.each(['', '.', 'a.b', 'a.b.c.d', '...', 'no dots'])('%j has not two dots', (token) => {
    expect(parseToken(token, format)).toMatchObject({ error: 'MALFORMED_TOKEN' });
  });

  test.each([undefined, null, 7, ['a.b.c'], {}])('%j is no token', (token) => {
    expect(parseToken(token as unknown as string, format)).toMatchObject({ error: 'MALFORMED_TOKEN' });
  });

  test('nobody signs more than a verifier takes', () => {
    const size = signToken(format, { a: '' }, signingKey).length;
    expect(signToken(format, { a: 'x'.repeat(300) }, signingKey).length).toBe(size + 400);
    expect(() => signToken(format, { a: 'x'.repeat(900) }, signingKey)).toThrow(RangeError);
  });
});
