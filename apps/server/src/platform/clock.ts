/** Tells the time in epoch milliseconds. Injected everywhere, so that tests move time instead of waiting. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** Epoch milliseconds as the wire shows them: RFC 3339, UTC, milliseconds. */
export function toTimestamp(epochMs: number): string {
  // One request writes its own moment several times, and requests come many to a millisecond.
  if (epochMs !== latest.epochMs) latest = { epochMs, text: new Date(epochMs).toISOString() };
  return latest.text;
}

let latest = { epochMs: 0, text: new Date(0).toISOString() };

/** Like {@link toTimestamp}, for a time that may be absent. */
export const toTimestampOrNull = (epochMs: number | null): string | null =>
  epochMs === null ? null : toTimestamp(epochMs);

/** A time of the wire, already checked by its schema, in epoch milliseconds. */
export const fromTimestamp = (timestamp: string): number => Date.parse(timestamp);
