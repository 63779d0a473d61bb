import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import {
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_SYSTEM_NAME,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
} from '@opentelemetry/semantic-conventions';
import { AppError } from './app-error.ts';
import { secondMs } from './clock.ts';
import type { Logger } from './logger.ts';
import { parentOf } from './trace-parent.ts';
import type { Facts, Observed, TraceRecorder, Tracing } from './tracing.ts';

/** A stopping server does not wait longer for a collector. */
const closeMaxMs = 3 * secondMs;
/** Statements that insert many rows are as long as they are dull. */
const textLengthMax = 2_000;

const attributeNames: Record<keyof Facts, string> = {
  method: ATTR_HTTP_REQUEST_METHOD,
  route: ATTR_HTTP_ROUTE,
  status: ATTR_HTTP_RESPONSE_STATUS_CODE,
  request_id: 'thrive.request_id',
  account_id: 'thrive.account_id',
  key_type: 'thrive.key_type',
  procedure: 'thrive.procedure',
  job: 'thrive.job',
  attempt: 'thrive.attempt',
  event_id: 'thrive.event_id',
  event_type: 'thrive.event_type',
  error: ATTR_ERROR_TYPE,
};
const kinds = { client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER };

/** What runs now. */
interface Running {
  readonly span: Span;
  /** The request or job that it is part of, or itself. */
  readonly whole: Span;
  readonly context: Context;
}

/**
 * Traces by the libraries of OpenTelemetry. Its own variables hold: `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`,
 * `OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS` and the others that its SDK reads. Nothing of it is made global, so
 * that two servers in one process do not mix.
 */
export function createOtlpTracing(endpoint: string, log: Logger): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          [ATTR_SERVICE_NAME]: 'thrivetech',
          [ATTR_SERVICE_INSTANCE_ID]: randomUUID(),
        }),
      )
      .merge(detectResources({ detectors: [envDetector] })),
    spanLimits: { attributeValueLengthLimit: textLengthMax },
    spanProcessors: [new BatchSpanProcessor(tellingFailures(exporter, log))],
  });
  const tracer = provider.getTracer('thrivetech');
  const running = new AsyncLocalStorage<Running | undefined>();

  const begin = (
    { name, kind, facts }: Observed,
    { context, whole }: { context: Context; whole?: Span },
    spanKind = kind ? kinds[kind] : SpanKind.INTERNAL,
  ): Running => {
    const span = tracer.startSpan(name, { kind: spanKind, attributes: attributesOf(facts ?? {}) }, context);
    return { span, whole: whole ?? span, context: trace.setSpan(context, span) };
  };
  /** Runs it to its end, and no error of it gets lost or out. */
  const complete = async <Result>(
    begun: Running,
    work: () => Promise<Result>,
    outcome?: (result: Result) => Facts,
  ): Promise<Result> => {
    try {
      const result = await running.run(begun, work);
      if (outcome) begun.span.setAttributes(attributesOf(outcome(result)));
      return result;
    } catch (error) {
      noteFailure(begun.span, error);
      throw error;
    } finally {
      begun.span.end();
    }
  };
  /** What runs now and is recorded: neither over, nor left out of the sample. */
  const recorded = (): Running | null => {
    const now = running.getStore();
    return now?.span.isRecording() ? now : null;
  };

  const recorder: TraceRecorder = {
    beginRequest(facts, caller) {
      const parent = parentOf(caller);
      const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
      const name = `${facts.method} ${facts.route ?? 'unknown'}`;
      const begun = begin({ name, facts }, { context }, SpanKind.SERVER);
      return {
        run: (work) => running.run(begun, work),
        end(status) {
          begun.span.setAttributes(attributesOf(status === null ? { error: 'hung_up' } : { status }));
          if (status !== null && status >= 500) begun.span.setStatus({ code: SpanStatusCode.ERROR });
          begun.span.end();
        },
      };
    },
    beginStatement(system, sql) {
      const inside = recorded();
      if (!inside) return null;
      const operation = sql.match(/^\W*(\w+)/)?.[1]?.toUpperCase() ?? 'SQL';
      const attributes = {
        [ATTR_DB_SYSTEM_NAME]: system,
        [ATTR_DB_OPERATION_NAME]: operation,
        [ATTR_DB_QUERY_TEXT]: withoutLiterals(sql),
      };
      const span = tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes }, inside.context);
      return (error) => {
        if (error !== undefined) noteFailure(span, error);
        span.end();
      };
    },
    observeInside(name, work) {
      const inside = recorded();
      return inside ? complete(begin({ name }, inside), work) : work();
    },
    bound: (work) => {
      const now = running.getStore();
      return now ? (...args) => running.run(now, work, ...args) : work;
    },
  };

  return {
    recorder,
    observe: (what, work, outcome) => {
      const around = what.isApart ? undefined : running.getStore();
      return complete(begin(what, around ?? { context: ROOT_CONTEXT }), work, outcome);
    },
    note(facts) {
      const now = running.getStore();
      now?.span.setAttributes(attributesOf(facts));
      now?.whole.setAttributes(attributesOf(facts));
    },
    apart: (work) => running.run(undefined, work),
    async close() {
      const late = new AbortController();
      const tooLate = wait(closeMaxMs, undefined, { signal: late.signal }).catch(() => {});
      await Promise.race([provider.shutdown().catch(() => {}), tooLate]);
      late.abort();
    },
  };
}

function attributesOf(facts: Facts): Attributes {
  const attributes: Attributes = {};
  // Only what is named above: an object may hold more than its type says.
  for (const [fact, name] of Object.entries(attributeNames)) {
    const value = facts[fact as keyof Facts];
    if (value !== undefined && value !== null) attributes[name] = value;
  }
  return attributes;
}

/** A refusal that the catalogue knows is an answer; anything else is a failure. */
function noteFailure(span: Span, error: unknown): void {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const type = [code, name].find((text) => typeof text === 'string' && /^\w{1,60}$/.test(text));
  span.setAttribute(ATTR_ERROR_TYPE, (type as string | undefined) ?? 'Error');
  const isRefusal = error instanceof AppError && error.code !== 'INTERNAL_ERROR';
  if (!isRefusal) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Values are bound, so what is left in quotes is the platform's own; it goes too, in case somebody forgets. */
const withoutLiterals = (sql: string): string => sql.replaceAll(/'(?:[^']|'')*'/g, '?');

/** Says once that a collector does not take what it is sent, and once that it does again. */
function tellingFailures(exporter: SpanExporter, log: Logger): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const fails = result.code !== 0;
        if (fails && !isFailing) log.warn({ reason: result.error?.message }, 'traces cannot be sent');
        if (!fails && isFailing) log.info('traces can be sent again');
        isFailing = fails;
        done(result);
      });
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
