import type { PretendedState } from './request.ts';

/** What an app asks for: the four calls, and the published keys. */
export type Call = 'activate' | 'validate' | 'deactivate' | 'trial' | 'keys';

/** How a lease is falsified. */
export type Lie = 'forged_signature' | 'unknown_key' | 'no_nonce' | 'other_device';

/**
 * What can go wrong with a request, by name.
 *
 * The network:
 * - `offline`: `fetch` rejects, and the server hears nothing.
 * - `lost_answer`: the server does what was asked, then `fetch` rejects.
 * - `slow`: the answer comes `ms` later by the emulator's clock; a second when `ms` is left out.
 * - `captive_portal`: the login page of a hotel, with status 200.
 * - `truncated`: the answer breaks off in the middle of its JSON.
 *
 * The server:
 * - `500`: an error of the server, or another status of 500 and above, such as 502 of a proxy in front of it.
 * - `429`: too many requests; `Retry-After` is `retryAfterSeconds`, or a second.
 * - `clock_jump`: the server's clock is `ms` ahead (or, negative, behind).
 *
 * The license, as if it were so for this one request, with everything that the server signs when it is:
 * - `revoked`, `suspended`, `expired`; `device_limit`: no seat is free.
 *
 * Lies, of an impostor who is not the server:
 * - `forged_signature`: a lease that names the right key and is not signed by it.
 * - `unknown_key`: a lease signed by a key that no keyset has.
 * - `no_nonce`: a lease without the nonce that was asked for.
 * - `other_device`: a lease for another machine.
 * - `replay`: the last honest answer to the same call, once more.
 * - `unproven_refusal`: the license is said to be revoked, and nothing proves it.
 */
export type FaultName =
  | 'offline'
  | 'lost_answer'
  | 'slow'
  | 'captive_portal'
  | 'truncated'
  | '500'
  | '429'
  | 'clock_jump'
  | 'device_limit'
  | PretendedState
  | Lie
  | 'replay'
  | 'unproven_refusal';

/** A fault with what can be said about it. */
export interface FaultSpec {
  readonly fault: FaultName;
  /** Only requests of these calls; left out, all that the fault can spoil. */
  readonly on?: Call | readonly Call[];
  /** Of `slow` and `clock_jump`: milliseconds. */
  readonly ms?: number;
  /** Of `500`: another status, 500 to 599. */
  readonly status?: number;
  /** Of `429`. */
  readonly retryAfterSeconds?: number;
}

export type Fault = FaultName | FaultSpec;

/** Scripts what goes wrong. Faults that were queued and faults that were set add up. */
export interface Faults {
  /**
   * Spoils the next `times` requests, in the order of the queue. A fault waits for a request that it can spoil: a lie
   * about a lease is not wasted on a request for the keys, and a `replay` waits until there is something to repeat.
   */
  next(fault: Fault, times?: number): void;
  /** Spoils every request from now on, instead of what was set before. */
  set(...faults: readonly Fault[]): void;
  /** Nothing goes wrong any more: neither what was set nor what is still queued. */
  clear(): void;
  /** How many faults are queued and have not happened. */
  readonly queued: number;
}

const leaseCalls: readonly Call[] = ['activate', 'validate', 'trial'];
const licensedCalls: readonly Call[] = [...leaseCalls, 'deactivate'];
const everyCall: readonly Call[] = [...licensedCalls, 'keys'];

/** Which requests each fault can spoil. */
const spoils: Readonly<Record<FaultName, readonly Call[]>> = {
  offline: everyCall,
  lost_answer: everyCall,
  slow: everyCall,
  captive_portal: everyCall,
  truncated: everyCall,
  '500': everyCall,
  '429': licensedCalls,
  clock_jump: licensedCalls,
  device_limit: ['activate'],
  revoked: leaseCalls,
  suspended: leaseCalls,
  expired: leaseCalls,
  forged_signature: leaseCalls,
  unknown_key: leaseCalls,
  no_nonce: leaseCalls,
  other_device: leaseCalls,
  replay: everyCall,
  unproven_refusal: leaseCalls,
};

export interface FaultQueue extends Faults {
  /** The faults of one request. @param canReplay there is an earlier answer to the same call. */
  take(call: Call, canReplay: boolean): readonly FaultSpec[];
}

/** @throws {RangeError} from `next` and `set` for a fault that does not exist. */
export function createFaultQueue(): FaultQueue {
  let queue: FaultSpec[] = [];
  let lasting: readonly FaultSpec[] = [];

  return {
    get queued() {
      return queue.length;
    },
    next(fault, times = 1) {
      queue.push(...new Array<FaultSpec>(times).fill(specOf(fault)));
    },
    set(...faults) {
      lasting = faults.map(specOf);
    },
    clear() {
      queue = [];
      lasting = [];
    },
    take(call, canReplay) {
      const applies = (spec: FaultSpec) => canSpoil(spec, call) && (spec.fault !== 'replay' || canReplay);
      const next = queue.find(applies);
      if (next) queue.splice(queue.indexOf(next), 1);
      return [...lasting.filter(applies), ...(next ? [next] : [])];
    },
  };
}

function specOf(fault: Fault): FaultSpec {
  const spec = typeof fault === 'string' ? { fault } : fault;
  if (!Object.hasOwn(spoils, spec.fault)) throw new RangeError(`There is no fault "${spec.fault}".`);
  return spec;
}

function canSpoil({ fault, on }: FaultSpec, call: Call): boolean {
  const asked: readonly Call[] = on === undefined ? spoils[fault] : [on].flat();
  return asked.includes(call) && spoils[fault].includes(call);
}
