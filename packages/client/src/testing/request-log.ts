import type { Call, FaultName } from './faults.ts';

/** One request that an app made of the emulator. Holds license keys as they were sent: it is for tests. */
export interface EmulatedRequest {
  /** Null: there is nothing at this path. */
  readonly call: Call | null;
  readonly method: string;
  readonly path: string;
  /** By the emulator's clock. */
  readonly at: Date;
  /** The JSON that was sent; null without one. */
  readonly body: unknown;
  /** What was scripted to go wrong with it. */
  readonly faults: readonly FaultName[];
  /** Of the answer that the app got; null while there is none, and when there will be none. */
  readonly status: number | null;
  /** What the answer says, also one that was lost: its `result` or `code`; null when it says neither. */
  readonly outcome: string | null;
}

/** The same while it is being written. */
export type RequestEntry = { -readonly [Name in keyof EmulatedRequest]: EmulatedRequest[Name] };
