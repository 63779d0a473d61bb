import type { Clock } from '../api/clock.ts';
import type { Call, FaultName, FaultQueue, FaultSpec, Lie } from './faults.ts';
import {
  captivePortalAnswer,
  type RequestStamp,
  rateLimitAnswer,
  serverErrorAnswer,
  toResponse,
  truncated,
} from './http-answer.ts';
import { newId } from './ids.ts';
import { parseJson } from './parse-json.ts';
import { callOf } from './read-request.ts';
import { secondMs } from './records.ts';
import type { PretendedState, RequestContext } from './request.ts';
import type { RequestEntry } from './request-log.ts';
import { type ReceivedRequest, type Served, type Server, serveCall, unprovenRefusal } from './serve-call.ts';

const lies: readonly FaultName[] = ['forged_signature', 'unknown_key', 'no_nonce', 'other_device'];
const states: readonly FaultName[] = ['revoked', 'suspended', 'expired'];
/** As the server takes it over from its caller. */
const requestIdPattern = /^[A-Za-z0-9_-]{8,64}$/;

/**
 * A `fetch` that reaches the emulator and nothing else. What is scripted to go wrong is decided when it is called, in
 * the order of the calls.
 */
export function createFetch(options: {
  readonly server: Server;
  readonly baseUrl: string;
  readonly clock: Required<Clock>;
  readonly faults: FaultQueue;
  readonly log: RequestEntry[];
}): typeof fetch {
  const { server, baseUrl, clock, faults, log } = options;
  /** The last honest answer to each call, to be replayed. */
  const answered = new Map<Call, Served>();

  return async (input, init) => {
    const request = new Request(input, init);
    const { origin, pathname, searchParams } = new URL(request.url);
    const call = origin === baseUrl ? callOf(request.method, pathname) : null;
    const plan = planOf(call === null ? [] : faults.take(call, answered.has(call)));
    const entry: RequestEntry = {
      call,
      method: request.method,
      path: pathname,
      at: new Date(clock.now()),
      body: null,
      faults: plan.names,
      status: null,
      outcome: null,
    };
    log.push(entry);
    if (origin !== baseUrl) throw unreachable(`only ${baseUrl} is emulated, not ${origin}`);
    const text = await request.text();
    entry.body = parseJson(text);
    if (plan.has('offline')) throw unreachable('offline');

    const now = clock.now() + (plan.of('clock_jump')?.ms ?? 0);
    const stamp = { requestId: requestIdOf(request, now), now };
    const context: RequestContext = {
      now,
      pretended: plan.first(states) as PretendedState | null,
      isFull: plan.has('device_limit'),
      lie: plan.first(lies) as Lie | null,
    };
    const received: ReceivedRequest = {
      call,
      method: request.method,
      query: searchParams,
      authorization: request.headers.get('authorization'),
      contentType: request.headers.get('content-type'),
      text,
    };
    const served =
      unheard(plan, call, received, context, stamp) ?? (await serveCall(server, received, context, stamp));
    entry.outcome = served.outcome;
    if (call !== null && plan.isHonest) answered.set(call, served);

    const slow = plan.of('slow');
    if (slow) await delay(slow.ms ?? secondMs, request.signal);
    request.signal.throwIfAborted();
    if (plan.has('lost_answer')) throw unreachable('the answer was lost');
    const answer = plan.has('truncated') ? truncated(served.answer) : served.answer;
    entry.status = answer.status;
    return toResponse(answer, stamp.requestId);
  };

  /** What somebody else says in place of the server, which never hears of the request. */
  function unheard(
    plan: Plan,
    call: Call | null,
    received: ReceivedRequest,
    context: RequestContext,
    stamp: RequestStamp,
  ): Served | null {
    const [failure, limit] = [plan.of('500'), plan.of('429')];
    if (plan.has('captive_portal')) return { answer: captivePortalAnswer, outcome: null };
    if (failure)
      return { answer: serverErrorAnswer(failure.status ?? 500, stamp), outcome: 'INTERNAL_ERROR' };
    if (limit) {
      return {
        answer: rateLimitAnswer(limit.retryAfterSeconds ?? 1, stamp),
        outcome: 'RATE_LIMIT_EXCEEDED',
      };
    }
    if (plan.has('replay') && call !== null) return answered.get(call) ?? null;
    return plan.has('unproven_refusal') ? unprovenRefusal(received, context, stamp) : null;
  }

  function delay(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        cancel();
        reject(signal.reason);
      };
      const cancel = clock.after(ms, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

interface Plan {
  readonly names: readonly FaultName[];
  /** Nothing stood in the way of a true answer to a true request. */
  readonly isHonest: boolean;
  has(fault: FaultName): boolean;
  of(fault: FaultName): FaultSpec | undefined;
  first(faults: readonly FaultName[]): FaultName | null;
}

function planOf(specs: readonly FaultSpec[]): Plan {
  const names = specs.map(({ fault }) => fault);
  return {
    names,
    isHonest: names.every((name) => name === 'slow' || name === 'lost_answer'),
    has: (fault) => names.includes(fault),
    of: (fault) => specs.find((spec) => spec.fault === fault),
    first: (faults) => names.find((name) => faults.includes(name)) ?? null,
  };
}

/** What `fetch` says when nobody answers. */
const unreachable = (reason: string) => new TypeError('fetch failed', { cause: new Error(reason) });

function requestIdOf(request: Request, now: number): string {
  const given = request.headers.get('x-request-id');
  return given !== null && requestIdPattern.test(given) ? given : newId('req', now);
}
