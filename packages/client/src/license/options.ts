import { decodeBase64Url, type PublicJwk } from '@thrivetech/lease';
import type { Clock } from '../api/clock.ts';
import type { WireDevice } from '../api/wire.ts';
import type { Device, DeviceReader } from '../device/device.ts';
import { ThriveError } from '../errors.ts';
import type { SecretBox, StateStore } from '../state/state-store.ts';

/** A member of `root_keys` of `/.well-known/thrive-keys.json`, copied into the app when it is built. */
export interface RootKey {
  readonly kid: string;
  /** `OKP` */
  readonly kty: string;
  /** `Ed25519` */
  readonly crv: string;
  /** 32 bytes, base64url. */
  readonly x: string;
}

/** What the Node and the browser client have in common. */
export interface ConnectionOptions {
  /** Of the server, such as `https://licenses.example`. */
  readonly baseUrl: string;
  /** A channel key. Assume that everybody can read it out of the app. */
  readonly channelKey: string;
  /** `prd_…`: a license of another product is none for this app. */
  readonly productId: string;
  /** The only keys that are taken on trust. Never fetch them at run time. */
  readonly rootKeys: readonly RootKey[];
  /** Also the way through a proxy. The platform's own when left out. */
  readonly fetch?: typeof fetch | undefined;
  readonly clock?: Clock | undefined;
  /** So many random bytes, from a cryptographic source. The platform's own when left out. */
  readonly random?: ((count: number) => Uint8Array) | undefined;
}

export interface ThriveLicenseOptions extends ConnectionOptions {
  /** Where the license is kept; by default a file in the user's state directory. */
  readonly storage?: StateStore | undefined;
  readonly device?: DeviceOptions | undefined;
  /** Protects the license key at rest. Without one it lies in a file that only its owner can read. */
  readonly secretBox?: SecretBox | undefined;
  /** Of the app; shown to the vendor's support staff. */
  readonly appVersion?: string | undefined;
}

/** What is known of this machine better than by reading it. */
export interface DeviceOptions {
  /** Null keeps the name of the computer at home: it is the only thing sent that can name a person. */
  readonly name?: string | null | undefined;
  /** A fingerprint of the app's own, 8 to 256 printable ASCII characters that stay the same on this machine. */
  readonly fingerprint?: string | undefined;
  /** In place of reading this machine. */
  readonly read?: DeviceReader['read'] | undefined;
}

/** @throws {ThriveError} INVALID_OPTION, in words for the developer. */
export function checkConnection(options: ConnectionOptions): {
  readonly baseUrl: string;
  readonly rootKeys: readonly PublicJwk[];
} {
  const { channelKey, productId, rootKeys } = options;
  if (/^tt_(admin|read)_/.test(channelKey)) {
    throw invalid(
      '`channelKey` is an admin or a read-only key. Everybody could read it out of the app; give a channel key.',
    );
  }
  if (!channelKey) throw invalid('`channelKey` is missing.');
  if (!productId) throw invalid('`productId` is missing.');
  if (!Array.isArray(rootKeys) || rootKeys.length === 0 || !rootKeys.every(isRootKey)) {
    throw invalid('`rootKeys` must hold the `root_keys` of /.well-known/thrive-keys.json.');
  }
  return { baseUrl: readBaseUrl(String(options.baseUrl)), rootKeys };
}

/** @throws {ThriveError} INVALID_OPTION for a fingerprint that the server would refuse. */
export function checkFingerprint(fingerprint: string | undefined): void {
  if (fingerprint === undefined || /^[!-~]{8,256}$/.test(fingerprint)) return;
  throw invalid('A fingerprint must be 8 to 256 printable ASCII characters without spaces.');
}

/** A device as it is sent: what the server would refuse is left out or cut. */
export function toWireDevice(device: Device, appVersion: string | undefined): WireDevice {
  const { name, platform, arch, os_version, environment } = device;
  const texts = {
    name: cut(name, 200),
    platform: cut(platform, 64),
    arch: cut(arch, 64),
    os_version: cut(os_version, 100),
    app_version: cut(appVersion, 100),
    environment,
  };
  return {
    fingerprint: device.fingerprint,
    components: onlySet(device.components),
    ...onlySet(texts),
  };
}

const cut = (text: string | undefined, charsMax: number) => text?.trim().slice(0, charsMax) || undefined;

type OnlySet<T> = { -readonly [Name in keyof T]?: Exclude<T[Name], undefined> };

function onlySet<T extends object>(members: T): OnlySet<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as OnlySet<T>;
}

function readBaseUrl(text: string): string {
  // The address of the API is what other clients ask for, so it is what gets pasted.
  const bare = text.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
  if (!/^https?:\/\/[^/]/.test(bare) || !URL.canParse(bare)) {
    throw invalid('`baseUrl` must be an address such as https://licenses.example.');
  }
  return bare;
}

function isRootKey(key: RootKey): key is PublicJwk {
  return key.kty === 'OKP' && key.crv === 'Ed25519' && decodeBase64Url(key.x)?.length === 32;
}

const invalid = (message: string) => new ThriveError('INVALID_OPTION', { message });
