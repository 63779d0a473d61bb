import {
  encodeBase64Url,
  type LeaseClaims,
  type LeaseVerdict,
  normalizeLicenseKey,
  type PublicJwk,
  verifyKeysetAsync,
  verifyLeaseAsync,
} from '@thrivetech/lease';
import { type ActivationApi, createActivationApi } from '../api/activation-api.ts';
import { type Clock, systemClock, withTimers } from '../api/clock.ts';
import { webCrypto, webRandom } from '../api/web-crypto.ts';
import type { WireActivation, WireDevice } from '../api/wire.ts';
import type { Device } from '../device/device.ts';
import { ThriveError } from '../errors.ts';
import { type ConnectionOptions, checkConnection, checkFingerprint, toWireDevice } from './options.ts';
import { createLeaseProver, type LeaseProver, type ProvenLease } from './prove-lease.ts';
import { codeOfProof } from './refusal-codes.ts';
import type { ActivationResult, DeactivationResult, TrialResult, ValidationResult } from './results.ts';

export interface ThriveOnlineOptions extends ConnectionOptions {
  /** Who asks: nothing is read off the machine. `fingerprint` must stay the same, for instance in local storage. */
  readonly device: Pick<Device, 'fingerprint'> & Partial<Device>;
  readonly appVersion?: string | undefined;
}

/** All that is needed to verify a lease later; plain JSON, for the app to keep. */
export interface OnlineLease {
  readonly token: string;
  readonly keyset: string;
  /** What the lease says; believed again only by {@link ThriveOnline.verify}. */
  readonly claims: LeaseClaims;
  /** The latest time known, in epoch seconds. */
  readonly highWater: number;
}

export interface OnlineActivation extends Pick<ActivationResult, 'result'> {
  readonly lease: OnlineLease;
}
export interface OnlineTrial extends Pick<TrialResult, 'result'> {
  readonly lease: OnlineLease;
}
export interface OnlineValidation extends Pick<ValidationResult, 'code' | 'isProven'> {
  /** Null unless the code is VALID. */
  readonly lease: OnlineLease | null;
}

const nonceBytes = 16;

/**
 * The four online calls and the verification of a lease, for where there is neither a disk nor a machine to read: in a
 * browser. An answer counts only with a lease that carries our nonce and is signed, from the embedded root keys down. It
 * keeps nothing between two pages; `ThriveLicense` is the one for apps that are installed.
 */
export class ThriveOnline {
  readonly #api: ActivationApi;
  readonly #prover: LeaseProver;
  readonly #clock: Required<Clock>;
  readonly #random: (count: number) => Uint8Array;
  readonly #device: ThriveOnlineOptions['device'];
  readonly #wireDevice: WireDevice;
  readonly #productId: string;
  readonly #rootKeys: readonly PublicJwk[];
  #keyset: { readonly token: string; readonly sequence: number } | null = null;
  #highWater = 0;

  /** @throws {ThriveError} INVALID_OPTION. */
  constructor(options: ThriveOnlineOptions) {
    const { productId, channelKey, device } = options;
    const { baseUrl, rootKeys } = checkConnection(options);
    checkFingerprint(device.fingerprint);
    this.#productId = productId;
    this.#rootKeys = rootKeys;
    this.#device = device;
    this.#wireDevice = toWireDevice(this.#identity(), options.appVersion);
    this.#clock = withTimers(options.clock ?? systemClock);
    this.#random = options.random ?? webRandom;
    this.#api = createActivationApi({
      baseUrl,
      productId,
      apiKey: channelKey,
      fetch: options.fetch ?? ((...request) => fetch(...request)),
      clock: this.#clock,
      random: Math.random,
    });
    this.#prover = createLeaseProver({
      productId,
      rootKeys,
      crypto: webCrypto,
      fetchKeyset: this.#api.fetchKeyset,
    });
  }

  /** @throws {ThriveError} INVALID_LICENSE_KEY; every refusal of the server; when nobody could be asked or believed. */
  async activate(
    licenseKey: string,
    options: { readonly replaceDeviceId?: string | undefined } = {},
  ): Promise<OnlineActivation> {
    const call = { ...this.#call(), ...options, licenseKey: canonical(licenseKey) };
    return this.#accept(await this.#api.activate(call), call.nonce);
  }

  /** @throws {ThriveError} PERMISSION_DENIED with `details.reason`; when nobody could be asked or believed. */
  async startTrial(): Promise<OnlineTrial> {
    const call = this.#call();
    return this.#accept(await this.#api.startTrial(call), call.nonce);
  }

  /** @throws {ThriveError} when nobody could be asked or believed. A no is an answer; `isProven` says if it is signed. */
  async validate(licenseKey: string): Promise<OnlineValidation> {
    const call = { ...this.#call(), licenseKey: canonical(licenseKey) };
    const { code, lease } = await this.#api.validate(call);
    if (lease === null) {
      if (code === 'VALID') throw new ThriveError('UNTRUSTED_ANSWER', { details: { reason: 'no_lease' } });
      return { code, isProven: false, lease: null };
    }
    const proven = await this.#prove(lease, call.nonce);
    return { code: codeOfProof(proven), isProven: true, lease: proven.isRefusal ? null : kept(proven) };
  }

  /** @throws {ThriveError} when nobody could be asked. */
  async deactivate(licenseKey: string): Promise<DeactivationResult['result']> {
    const call = { ...this.#call(), licenseKey: canonical(licenseKey) };
    const { result, nonce } = await this.#api.deactivate(call);
    if (nonce !== call.nonce)
      throw new ThriveError('UNTRUSTED_ANSWER', { details: { reason: 'WRONG_NONCE' } });
    return result;
  }

  /** Whether a lease that was kept allows use now, without asking anybody. Keep `highWater` of the verdict with it. */
  async verify({ token, keyset, highWater }: Omit<OnlineLease, 'claims'>): Promise<LeaseVerdict> {
    const opened = await verifyKeysetAsync(keyset, { rootKeys: this.#rootKeys, ...webCrypto });
    if (!opened.ok) return opened;
    return verifyLeaseAsync(token, {
      ...webCrypto,
      keyset: opened.keyset,
      audience: this.#productId,
      now: this.#now(),
      device: this.#identity(),
      highWater: Math.max(highWater, this.#highWater),
    });
  }

  #call() {
    return { device: this.#wireDevice, nonce: encodeBase64Url(this.#random(nonceBytes)) };
  }

  #identity(): Device {
    return { components: {}, ...this.#device };
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  async #accept(answer: WireActivation, nonce: string): Promise<OnlineActivation> {
    const proven = await this.#prove(answer.lease, nonce);
    if (proven.isRefusal) {
      throw new ThriveError('UNTRUSTED_ANSWER', { details: { reason: 'LICENSE_NOT_ACTIVE' } });
    }
    return { result: answer.result, lease: kept(proven) };
  }

  async #prove(token: string, nonce: string): Promise<ProvenLease> {
    const proven = await this.#prover.prove(token, {
      nonce,
      device: this.#identity(),
      now: this.#now(),
      keyset: this.#keyset?.token ?? null,
      keysetSequence: this.#keyset?.sequence ?? 0,
      highWater: this.#highWater,
    });
    this.#keyset = proven.keyset;
    this.#highWater = proven.highWater;
    if (proven.isClockWrong) throw new ThriveError('CLOCK_WRONG');
    return proven;
  }
}

const kept = ({ token, keyset, claims, highWater }: ProvenLease): OnlineLease => ({
  token,
  keyset: keyset.token,
  claims,
  highWater,
});

function canonical(typed: string): string {
  const licenseKey = typeof typed === 'string' ? normalizeLicenseKey(typed) : null;
  if (licenseKey === null) throw new ThriveError('INVALID_LICENSE_KEY');
  return licenseKey;
}
