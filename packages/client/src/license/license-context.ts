import { randomBytes } from 'node:crypto';
import { type CryptoPort, encodeBase64Url } from '@thrivetech/lease';
import { nodeCrypto } from '@thrivetech/lease/node';
import { type ActivationApi, createActivationApi } from '../api/activation-api.ts';
import { type Clock, systemClock, withTimers } from '../api/clock.ts';
import type { WireDevice } from '../api/wire.ts';
import type { Device } from '../device/device.ts';
import { ThriveError } from '../errors.ts';
import { createFileStore } from '../state/file-store.ts';
import { withClock, withProblem } from './change-stored.ts';
import { judgeLicense } from './judge-license.ts';
import type { LicenseState } from './license-state.ts';
import { KeyKeeper, LicenseStore } from './license-store.ts';
import { checkConnection, checkFingerprint, type ThriveLicenseOptions, toWireDevice } from './options.ts';
import { createLeaseProver, type LeaseProver, type ProvenLease } from './prove-lease.ts';
import { readThisDevice } from './read-device.ts';
import { rememberingCrypto } from './remembering-crypto.ts';
import { nothingStored, type Problem, type StoredLicense, storedLicenseFormat } from './stored-license.ts';
import { isMachineOf, type Trust, type VerifiedLicense, verifyStored } from './verify-stored.ts';

/** How often a clock reading is written down, when nothing else is. */
const clockNoteSeconds = 3_600;
const nonceBytes = 16;

const notLoaded: LicenseState = {
  status: 'unlicensed',
  isLicensed: false,
  reason: 'not_loaded',
  deviceId: null,
  warning: null,
};

/** One moment's answer to all that there is to ask. */
export interface Assessment {
  /** Where it is damaged, nothing. */
  readonly stored: StoredLicense;
  /** Null before `load`, and without a lease. */
  readonly verified: VerifiedLicense | null;
  readonly state: LicenseState;
}

/** What all that can be done with a license stands on: this machine, what is stored, and whom to ask. */
export class LicenseContext {
  readonly api: ActivationApi;
  readonly store: LicenseStore;
  readonly keys: KeyKeeper;
  readonly clock: Required<Clock>;
  readonly trust: Trust & { readonly crypto: CryptoPort };
  readonly #options: ThriveLicenseOptions;
  readonly #prover: LeaseProver;
  #loading: Promise<void> | null = null;
  #device: Device | null = null;
  #isNotingClock = false;

  constructor(options: ThriveLicenseOptions) {
    const { productId, channelKey } = options;
    const { baseUrl, rootKeys } = checkConnection(options);
    checkFingerprint(options.device?.fingerprint);
    this.#options = options;
    const crypto = rememberingCrypto(nodeCrypto);
    this.clock = withTimers(options.clock ?? systemClock);
    this.api = createActivationApi({
      baseUrl,
      productId,
      apiKey: channelKey,
      fetch: options.fetch ?? ((...request) => fetch(...request)),
      clock: this.clock,
      random: () => this.fraction(),
    });
    this.store = new LicenseStore(
      options.storage ?? createFileStore({ productId }),
      storedLicenseFormat(productId, crypto.hmacSha256),
      this.clock.now,
    );
    this.keys = new KeyKeeper(options.secretBox);
    this.trust = { productId, rootKeys, crypto };
    this.#prover = createLeaseProver({
      productId,
      rootKeys,
      crypto: {
        verifySignature: async (...input) => crypto.verifySignature(...input),
        hmacSha256: async (...input) => crypto.hmacSha256(...input),
      },
      fetchKeyset: this.api.fetchKeyset,
    });
  }

  /** Reads this machine, once. */
  load(): Promise<void> {
    this.#loading ??= this.#readDevice().catch((error: unknown) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  async #readDevice(): Promise<void> {
    const { device = {}, productId } = this.#options;
    this.#device = await readThisDevice(device, {
      productId,
      store: this.store,
      random: (count) => this.random(count),
    });
  }

  /**
   * This machine as it shows itself to the server: under the fingerprint that it is enrolled with, as long as the signed
   * lease knows it by its parts. The fingerprint that is read changes with a repair, and with the rights of whoever reads.
   *
   * @throws {ThriveError} unless {@link load} has ended.
   */
  get device(): Device {
    const device = this.#device;
    if (!device) throw new ThriveError('INVALID_OPTION', { message: 'Call load() first.' });
    const stored = this.stored();
    const isOwn = this.#options.device?.fingerprint !== undefined;
    if (isOwn || stored.fingerprint === null || !isMachineOf(stored, device, this.trust)) return device;
    return { ...device, fingerprint: stored.fingerprint };
  }

  get wireDevice(): WireDevice {
    return toWireDevice(this.device, this.#options.appVersion);
  }

  /** Epoch seconds. A clock that gives no number stands at the beginning of time, so that it grants nothing. */
  now(): number {
    const now = Math.floor(this.clock.now() / 1000);
    return Number.isSafeInteger(now) ? now : 0;
  }

  /** 0 up to, not including, 1. */
  fraction(): number {
    return this.random(4).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 32;
  }

  random(count: number): Uint8Array {
    return (this.#options.random ?? randomBytes)(count);
  }

  newNonce(): string {
    return encodeBase64Url(this.random(nonceBytes));
  }

  /** What is stored; where that is damaged, nothing. */
  stored(): StoredLicense {
    const stored = this.store.read();
    return stored === 'damaged' ? nothingStored : stored;
  }

  /** What is stored, judged here and now. */
  assess(): Assessment {
    const device = this.#device;
    if (!device) return { stored: nothingStored, verified: null, state: notLoaded };
    const stored = this.store.read();
    const now = this.now();
    const verified = stored === 'damaged' ? null : verifyStored(stored, device, now, this.trust);
    const state = judgeLicense({ stored, verified, now });
    return { stored: stored === 'damaged' ? nothingStored : stored, verified, state };
  }

  state(): LicenseState {
    return this.assess().state;
  }

  /** @throws {ThriveError} UNTRUSTED_ANSWER; or why the keys could not be fetched. */
  prove(token: string, nonce: string, signal?: AbortSignal): Promise<ProvenLease> {
    const { keyset, high_water: highWater, last_sequences: last } = this.stored();
    const now = this.now();
    const request = {
      nonce,
      device: this.device,
      now,
      keyset,
      keysetSequence: last.keyset,
      highWater,
      signal,
    };
    return this.#prover.prove(token, request);
  }

  /** Remembers why nothing came of asking, unless there is nothing to remember it with. */
  async noteProblem(code: string, seats?: Problem['seats']): Promise<void> {
    const stored = this.store.read();
    if (stored === 'damaged' || (stored.problem?.code === code && !seats)) return;
    const problem = { code, since: this.now(), ...(seats && { seats }) };
    await this.store.update((current) => withProblem(current, problem));
  }

  /**
   * Writes the time down now and then: a clock that is set back later is noticed by it. Where that fails, the next time
   * will do.
   */
  async noteClock(): Promise<void> {
    const stored = this.store.read();
    const now = this.now();
    if (this.#isNotingClock || stored === 'damaged' || stored.lease === null || !this.#device) return;
    if (now - stored.high_water < clockNoteSeconds) return;
    this.#isNotingClock = true;
    await this.store.update((current) => withClock(current, now), false).catch(() => {});
    this.#isNotingClock = false;
  }
}
