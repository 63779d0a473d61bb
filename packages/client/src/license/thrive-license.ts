import type { Feature } from '@thrivetech/lease';
import { activate, startTrial } from './activate.ts';
import { BackgroundRefresh } from './background-refresh.ts';
import { deactivate } from './deactivate.ts';
import { LicenseContext } from './license-context.ts';
import { isSameForApp, LicenseEmitter, type LicenseEvents, type LicenseListener } from './license-events.ts';
import type { LicenseState, LicenseWarning } from './license-state.ts';
import { exportRequest, importLicense } from './offline-license.ts';
import type { ThriveLicenseOptions } from './options.ts';
import { refresh } from './refresh.ts';
import { planRefresh, type RefreshPlan } from './refresh-schedule.ts';
import type {
  ActivationResult,
  DeactivationResult,
  ImportResult,
  TrialResult,
  ValidationResult,
} from './results.ts';

interface Flight {
  readonly promise: Promise<ValidationResult>;
  readonly abort: AbortController;
  /** Somebody waits for it, so the end of the background refresh must not end it. */
  isAwaited: boolean;
}

/**
 * The license of this app on this machine. Make one for the whole app, and ask {@link check} wherever it matters.
 *
 * A server that is down, slow, rate limiting or lying never ends a lease that is valid, and never makes one: an online
 * answer counts only with a lease that carries our nonce and is signed, from the embedded root keys down.
 */
export class ThriveLicense {
  readonly #context: LicenseContext;
  readonly #emitter = new LicenseEmitter();
  readonly #background: BackgroundRefresh;
  /** Of this start of the app: how late after the due time it refreshes. */
  readonly #jitter: number;
  #queue: Promise<unknown> = Promise.resolve();
  #flight: Flight | null = null;
  #isStarted = false;
  /** What listeners were told last. */
  #told: { readonly state: LicenseState; readonly warnings: ReadonlySet<string> };
  /** The lease with which the server was told of changed parts of this machine. */
  #enrolledWith: string | null = null;

  /** @throws {ThriveError} INVALID_OPTION. */
  constructor(options: ThriveLicenseOptions) {
    const context = new LicenseContext(options);
    this.#context = context;
    this.#jitter = context.fraction();
    this.#told = { state: context.state(), warnings: new Set() };
    this.#background = new BackgroundRefresh({
      clock: context.clock,
      random: () => context.fraction(),
      plan: () => this.#plan(),
      notice: () => this.#notice(),
      refresh: (signal) => this.#refreshUntil(signal),
    });
  }

  /**
   * Reads this machine and what is stored. Every other asynchronous method does it by itself.
   *
   * @throws {Error} only what a `device.read` of the app's own throws.
   */
  async load(): Promise<void> {
    await this.#context.load();
    this.#notice();
  }

  /**
   * Whether this app may run on this machine now, from what is stored here. Synchronous, asks nobody, and never throws.
   * Costs well below a millisecond, so ask as often as you like.
   */
  check(): LicenseState {
    void this.#context.noteClock();
    return this.#context.state();
  }

  /** What the license says of a feature; undefined where it says nothing, and where the app is not licensed. */
  feature(name: string): Feature | undefined {
    const state = this.check();
    return state.isLicensed && Object.hasOwn(state.license.features, name)
      ? state.license.features[name]
      : undefined;
  }

  /** Whether a feature is there and not switched off. */
  hasFeature(name: string): boolean {
    const feature = this.feature(name);
    return feature !== undefined && feature !== false;
  }

  /**
   * Gives this machine a seat of the license, or finds the one it has: the same machine never takes two.
   *
   * @param licenseKey as the user typed it.
   * @param options.replaceDeviceId a device whose seat is moved here in one step, as its user reads it off there
   *   (`check().deviceId`).
   * @throws {ThriveError} INVALID_LICENSE_KEY; DEVICE_LIMIT_REACHED and every other refusal of the server;
   *   NETWORK_ERROR, TIMEOUT, UNTRUSTED_ANSWER, CLOCK_WRONG, STORAGE_ERROR.
   */
  activate(
    licenseKey: string,
    options: { readonly replaceDeviceId?: string | undefined } = {},
  ): Promise<ActivationResult> {
    return this.#inTurn(() => activate(this.#context, licenseKey, options.replaceDeviceId));
  }

  /**
   * Starts the trial of this machine. There is one for each machine and product, for ever: asked again, the same one is
   * answered with the same end.
   *
   * @throws {ThriveError} PERMISSION_DENIED with `details.reason` `trial_ended` or `trial_not_offered`;
   *   ALREADY_LICENSED; as in {@link activate}.
   */
  startTrial(): Promise<TrialResult> {
    return this.#inTurn(() => startTrial(this.#context));
  }

  /**
   * Asks the server whether the license holds and refreshes the lease. A second call joins the one under way. A failure
   * never ends a lease that is valid.
   *
   * @throws {ThriveError} NOT_ACTIVATED, LICENSE_KEY_REQUIRED; as in {@link activate} when nobody could be asked.
   */
  validate(): Promise<ValidationResult> {
    const flight = this.#takeOff();
    flight.isAwaited = true;
    return flight.promise;
  }

  /**
   * Frees the seat of this machine, whatever the state of the license, and forgets license and key.
   *
   * @throws {ThriveError} NOT_ACTIVATED, LICENSE_KEY_REQUIRED; as in {@link activate} when nobody could be asked.
   */
  deactivate(): Promise<DeactivationResult> {
    return this.#inTurn(() => deactivate(this.#context));
  }

  /**
   * The text of a `.lreq` file, for a machine without a network. Carry it to the vendor, who answers with a `.lic` file
   * for {@link importLicense}. Several may be under way; each is good for 30 days.
   *
   * @throws {ThriveError} STORAGE_ERROR: the answer would not be recognized later.
   */
  exportRequest(): Promise<string> {
    return this.#inTurn(() => exportRequest(this.#context));
  }

  /**
   * Takes over the text of a `.lic` file, verified like any other lease.
   *
   * @throws {ThriveError} INVALID_LICENSE_FILE with the step that failed in `details.reason`; STORAGE_ERROR.
   */
  importLicense(text: string): Promise<ImportResult> {
    return this.#inTurn(() => importLicense(this.#context, text));
  }

  /**
   * Refreshes the lease in the background when it is due, and tells listeners when the state changes. Its timers keep no
   * process alive.
   */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    // What goes wrong with reading the machine, the app hears from the method that it calls itself.
    this.load().then(
      () => this.#isStarted && this.#background.start(),
      () => {
        this.#isStarted = false;
      },
    );
  }

  stop(): void {
    this.#isStarted = false;
    this.#background.stop();
  }

  /**
   * For a program that runs for a moment only: refreshes the lease if that is due, without waiting for longer than this.
   * Never throws for what comes of it; without an answer the lease goes on as it is.
   */
  async refreshIfDue(waitMs = 3_000): Promise<LicenseState> {
    await this.load();
    const { clock } = this.#context;
    const { dueAt } = this.#plan();
    if (dueAt !== null && clock.now() >= dueAt) {
      const patience = new AbortController();
      const cancel = clock.after(waitMs, () => patience.abort());
      await this.#refreshUntil(patience.signal).catch(() => {});
      cancel();
      if (patience.signal.aborted) await this.#context.noteProblem('TIMEOUT').catch(() => {});
    }
    return this.check();
  }

  /** @returns what ends it. */
  on<Name extends keyof LicenseEvents>(name: Name, listener: LicenseListener<Name>): () => void {
    return this.#emitter.on(name, listener);
  }

  /** One after the other: two answers must not cross. */
  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#queue.then(async () => {
      await this.load();
      try {
        return await work();
      } finally {
        this.#notice();
      }
    });
    this.#queue = turn.catch(() => {});
    return turn;
  }

  #takeOff(): Flight {
    if (this.#flight) return this.#flight;
    const abort = new AbortController();
    const promise = this.#inTurn(() => refresh(this.#context, abort.signal)).finally(() => {
      this.#flight = null;
    });
    this.#flight = { promise, abort, isAwaited: false };
    return this.#flight;
  }

  /** Ends with the signal, unless somebody else waits for the same answer. */
  async #refreshUntil(signal: AbortSignal): Promise<void> {
    const flight = this.#takeOff();
    const onAbort = () => {
      if (!flight.isAwaited) flight.abort.abort();
    };
    signal.addEventListener('abort', onAbort);
    try {
      await flight.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      // Told once, a server that does not take changed parts over is not asked again before the next start.
      this.#enrolledWith = this.#context.stored().lease;
    }
  }

  #plan(): RefreshPlan {
    const context = this.#context;
    const now = context.clock.now();
    return planRefresh(context.assess(), { now, jitter: this.#jitter, enrolledWith: this.#enrolledWith });
  }

  /** Tells listeners what is new since the last time. */
  #notice(): void {
    const state = this.check();
    const told = this.#told;
    const warnings = this.#warningsOf(state);
    this.#told = { state, warnings: new Set(warnings.map(({ code }) => code)) };
    if (!isSameForApp(state, told.state)) this.#emitter.emit('change', { state, previous: told.state });
    for (const warning of warnings) {
      if (!told.warnings.has(warning.code)) this.#emitter.emit('warning', { ...warning, state });
    }
  }

  #warningsOf(state: LicenseState): LicenseWarning[] {
    const { failedSince } = this.#context.store;
    return [
      state.warning,
      state.status === 'grace' ? { code: 'IN_GRACE', since: state.validUntil } : null,
      failedSince === null ? null : { code: 'STORAGE_ERROR', since: new Date(failedSince) },
    ].filter((warning) => warning !== null);
  }
}
