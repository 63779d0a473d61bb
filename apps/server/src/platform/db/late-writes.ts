import type { Knex } from 'knex';

/**
 * Writes items of one kind: what several pieces of work have put down, in the order in which they did.
 *
 * @returns what to do once it is committed, if anything.
 */
export type LateWrite<Item> = (db: Knex, items: readonly Item[]) => Promise<(() => void) | undefined>;

/**
 * Writes that wait for the end of a transaction, where all that share its commit do them together: ten activations that
 * commit at once count their events with one statement, and hold the row that counts them for a moment only.
 */
export interface LateWrites {
  add<Item>(write: LateWrite<Item>, item: Item): void;
  /** Writes now what was put down so far: for who must read it, or rewrite it, in this transaction. */
  settle(): Promise<void>;
}

type Pending = ReadonlyMap<LateWrite<never>, readonly unknown[]>;

/** Whoever runs the transaction settles before it commits. */
export interface LateWritesOwner extends LateWrites {
  /** What is put down now: a piece of work that fails is followed by {@link restore}. */
  snapshot(): Pending;
  restore(snapshot: Pending): void;
  /** The transaction is committed. */
  committed(): void;
}

export function createLateWrites(db: Knex): LateWritesOwner {
  let pending: Pending = new Map();
  const afterCommit: (() => void)[] = [];
  return {
    add(write, item) {
      pending = new Map(pending).set(write as LateWrite<never>, [...(pending.get(write) ?? []), item]);
    },
    async settle() {
      const due = pending;
      pending = new Map();
      for (const [write, items] of due) {
        const after = await write(db, items as never[]);
        if (after) afterCommit.push(after);
      }
    },
    snapshot: () => pending,
    restore(snapshot) {
      pending = snapshot;
    },
    committed() {
      for (const after of afterCommit) after();
    },
  };
}
