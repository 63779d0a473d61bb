/** What lies on disk: nothing, a text that was written whole, or bytes that nobody can make sense of. */
export type StoredText =
  | { readonly kind: 'none' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'damaged' };

/**
 * Whether a text is one that its reader wrote: a store notices what is cut off or no text at all, an edited
 * one only who knows the format. What is not accepted is passed over for the text before it, if there is one.
 */
export type AcceptText = (text: string) => boolean;

/** Keeps one text across restarts and shares it between the processes of one app. */
export interface StateStore {
  /**
   * What is stored now: the newest text that `accept` takes, `damaged` if something lies there and it takes
   * none. Synchronous, because an app asks for its license where it cannot wait. Never throws.
   *
   * @param accept takes any text when left out.
   */
  read(accept?: AcceptText): StoredText;
  /** A cheap mark that differs when another process has written; equal marks mean that {@link read} would give the same. */
  mark(): string;
  /**
   * Reads, changes and writes as one step that no other process can step into, durable when it resolves.
   *
   * @param change gets what {@link read} gives with the same `accept`, and gives what is to be stored; null
   *   removes it, the text before it included. Runs once more if the lock was lost meanwhile.
   * @throws {Error} when the disk refuses or another process holds the lock for too long; what was stored
   *   stays. What `change` throws passes through.
   */
  update(change: (current: StoredText) => string | null, accept?: AcceptText): Promise<void>;
}

/** Protects the license key at rest, for instance Electron's safeStorage. Without one it lies in a file that only its owner can read. */
export interface SecretBox {
  seal(plain: string): Promise<string>;
  /** @throws {Error} when it was sealed elsewhere: the app then asks for the license key again. */
  open(sealed: string): Promise<string>;
}
