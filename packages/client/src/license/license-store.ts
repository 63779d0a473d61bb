import { ThriveError } from '../errors.ts';
import type { SecretBox, StateStore, StoredText } from '../state/state-store.ts';
import { nothingStored, type StoredLicense, type StoredLicenseFormat } from './stored-license.ts';

type Change = (stored: StoredLicense) => StoredLicense;

/** The stored license of this app, shared with its other processes. */
export class LicenseStore {
  readonly #store: StateStore;
  readonly #format: StoredLicenseFormat;
  readonly #now: () => number;
  #cached: { readonly mark: string; readonly stored: StoredLicense | 'damaged' } | null = null;
  /** What could not be written. It holds in this process, and goes along with the next write. */
  #pending: readonly Change[] = [];
  #failedSince: number | null = null;

  /** @param now epoch milliseconds. */
  constructor(store: StateStore, format: StoredLicenseFormat, now: () => number) {
    this.#store = store;
    this.#format = format;
    this.#now = now;
  }

  /** Epoch milliseconds since when writing fails; null while it does not. */
  get failedSince(): number | null {
    return this.#failedSince;
  }

  /** What is stored now, also by another process. Reads again only if something was written. Never throws. */
  read(): StoredLicense | 'damaged' {
    try {
      const mark = this.#store.mark();
      if (this.#cached?.mark !== mark) {
        const stored = this.#meaningOf(this.#store.read(this.#accept));
        this.#cached = { mark, stored: this.#pending.length === 0 ? stored : this.#apply(stored) };
      }
      return this.#cached.stored;
    } catch {
      // A storage of the app's own may throw, where a check must not.
      return this.#cached?.stored ?? 'damaged';
    }
  }

  /**
   * One step that no other process can step into.
   *
   * @param change gets what is stored by then; where it is damaged, nothing is.
   * @param isKept whether a change that cannot be written holds at least until this process ends.
   * @throws {ThriveError} STORAGE_ERROR
   */
  async update(change: Change, isKept = true): Promise<void> {
    const pending = this.#pending;
    try {
      await this.#store.update(
        (text) => this.#format.write(this.#apply(this.#meaningOf(text), [...pending, change])),
        this.#accept,
      );
      this.#pending = this.#pending.filter((one) => !pending.includes(one));
      this.#failedSince = null;
    } catch (error) {
      this.#failedSince ??= this.#now();
      if (isKept) this.#pending = [...this.#pending, change];
      throw new ThriveError('STORAGE_ERROR', { cause: error });
    } finally {
      this.#cached = null;
    }
  }

  #apply(stored: StoredLicense | 'damaged', changes: readonly Change[] = this.#pending): StoredLicense {
    return changes.reduce(
      (current, change) => change(current),
      stored === 'damaged' ? nothingStored : stored,
    );
  }

  readonly #accept = (text: string) => this.#format.read(text) !== null;

  #meaningOf(stored: StoredText): StoredLicense | 'damaged' {
    if (stored.kind === 'none') return nothingStored;
    if (stored.kind === 'damaged') return 'damaged';
    return this.#format.read(stored.text) ?? 'damaged';
  }
}

/** The license key at rest: sealed where the app gave a box, else as it is. */
export class KeyKeeper {
  readonly #box: SecretBox | undefined;

  constructor(box: SecretBox | undefined) {
    this.#box = box;
  }

  async seal(key: string): Promise<StoredLicense['key']> {
    if (!this.#box) return { text: key, isSealed: false };
    try {
      return { text: await this.#box.seal(key), isSealed: true };
    } catch (error) {
      throw new ThriveError('STORAGE_ERROR', { cause: error });
    }
  }

  /** @throws {ThriveError} LICENSE_KEY_REQUIRED if there is none, or it was sealed elsewhere. */
  async open(key: StoredLicense['key']): Promise<string> {
    if (key === null) throw new ThriveError('LICENSE_KEY_REQUIRED');
    if (!key.isSealed) return key.text;
    if (!this.#box) throw new ThriveError('LICENSE_KEY_REQUIRED');
    try {
      return await this.#box.open(key.text);
    } catch (error) {
      throw new ThriveError('LICENSE_KEY_REQUIRED', { cause: error });
    }
  }
}
