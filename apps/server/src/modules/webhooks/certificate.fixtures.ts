import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { hourMs } from '../../platform/clock.ts';

/**
 * A certificate that vouches for itself, made anew each time, so that no key lies in the repository. Ed25519 and the few
 * fields that a TLS client looks at (RFC 5280, RFC 8410).
 *
 * @param host the name or IPv4 address that it is for.
 * @param endsInMs how long it holds from now on; negative: it has ended.
 */
export function selfSigned(host: string, endsInMs = hourMs): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const name = sequence(der(0x31, sequence(oid.commonName, der(0x0c, Buffer.from('test')))));
  const subject = isIP(host)
    ? der(0x87, Buffer.from(host.split('.').map(Number)))
    : der(0x82, Buffer.from(host));
  const alternativeName = sequence(oid.subjectAltName, der(0x04, sequence(subject)));
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    sequence(oid.ed25519),
    name,
    sequence(time(Date.now() - 24 * hourMs), time(Date.now() + endsInMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(alternativeName)),
  );
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign(null, content, privateKey)]));
  const whole = sequence(content, sequence(oid.ed25519), signature).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts));

const time = (at: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(at).toISOString().slice(2, 19).replace(/[-T:]/g, '')}Z`));

const oid = {
  commonName: Buffer.from('0603550403', 'hex'),
  subjectAltName: Buffer.from('0603551d11', 'hex'),
  ed25519: Buffer.from('06032b6570', 'hex'),
};
