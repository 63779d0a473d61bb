import type { Logger } from './logger.ts';

/**
 * All that a span can say. A closed list on purpose: what is not here, such as an API key, a license key, a name, an
 * address or the path of a request, cannot leave by way of a trace.
 */
export interface Facts {
  readonly method?: string;
  /** The pattern, never the path that was asked for. */
  readonly route?: string | undefined;
  readonly status?: number | null;
  readonly request_id?: string;
  readonly account_id?: string;
  readonly key_type?: string;
  readonly procedure?: string;
  readonly job?: string;
  /** Of a job or a delivery, from 1 on. */
  readonly attempt?: number;
  readonly event_id?: string | undefined;
  readonly event_type?: string | undefined;
  /** A code, never a message: messages repeat what was sent. */
  readonly error?: string | null;
}

/** A piece of work that becomes a span. */
export interface Observed {
  readonly name: string;
  readonly kind?: 'client' | 'consumer';
  /** Begins a trace of its own, whoever caused it. */
  readonly isApart?: boolean;
  readonly facts?: Facts;
}

/** The W3C headers of a caller who traces too. */
export interface TraceHeaders {
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/** A request that is being answered. */
export interface ObservedRequest {
  /** What happens inside belongs to the request. */
  run(work: () => void): void;
  /** @param status null: the caller hung up before the end of the answer. */
  end(status: number | null): void;
}

/** Ends the span of a statement. @param error what it failed with. */
export type EndStatement = (error?: unknown) => void;

/** For the few places that are not a function around a function: a door, and the database below it. */
export interface TraceRecorder {
  beginRequest(facts: Facts, caller: TraceHeaders): ObservedRequest;
  /**
   * @returns null outside of observed work, and in what outlives it. The looks for jobs and for changes come by four times
   * a second; as traces of their own they would bury all others.
   */
  beginStatement(system: string, sql: string): EndStatement | null;
  /** The same for work that is made of statements. */
  observeInside<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
  /** The function, belonging to what runs now, whoever calls it later. */
  bound<Args extends unknown[], Result>(work: (...args: Args) => Result): (...args: Args) => Result;
}

/** Tells a collector what was done and how long it took. */
export interface Tracing {
  /** @param outcome what its result says, to be told too. */
  observe<Result>(
    what: Observed,
    work: () => Promise<Result>,
    outcome?: (result: Result) => Facts,
  ): Promise<Result>;
  /** Adds to the work that runs now, and to the request or job that it is part of. */
  note(facts: Facts): void;
  /** Runs what has nothing to do with the work that happens to cause it. */
  apart<Result>(work: () => Result): Result;
  /** Null: nothing is recorded. */
  readonly recorder: TraceRecorder | null;
  /** Sends what is left, for a few seconds at most. */
  close(): Promise<void>;
}

/** Records nothing and costs nothing. */
export const noTracing: Tracing = {
  observe: (_what, work) => work(),
  note: () => {},
  apart: (work) => work(),
  recorder: null,
  close: async () => {},
};

/**
 * @param endpoint where an OpenTelemetry collector listens for OTLP over HTTP; null: nowhere, and then none of its
 * libraries is loaded.
 */
export async function openTracing(endpoint: string | null, log: Logger): Promise<Tracing> {
  if (endpoint === null) return noTracing;
  const { createOtlpTracing } = await import('./otlp-tracing.ts');
  return createOtlpTracing(endpoint, log);
}
