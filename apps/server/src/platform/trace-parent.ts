import { createTraceState, isSpanContextValid, type SpanContext } from '@opentelemetry/api';
import type { TraceHeaders } from './tracing.ts';

// https://www.w3.org/TR/trace-context/#traceparent-header: later versions may have more fields, and begin with these.
const pattern = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const tracestateLengthMax = 512;

/** The span of a caller; null when there is none or it cannot be read: then the trace begins here. */
export function parentOf({ traceparent = '', tracestate = '' }: TraceHeaders): SpanContext | null {
  const [, version, traceId = '', spanId = '', flags = '', more] = traceparent.match(pattern) ?? [];
  if (version === '00' && more !== undefined) return null;
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  if (!isSpanContextValid(parent)) return null;
  const isKept = tracestate !== '' && tracestate.length <= tracestateLengthMax;
  return { ...parent, ...(isKept && { traceState: createTraceState(tracestate) }) };
}
