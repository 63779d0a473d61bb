import { type Clock, minuteMs, secondMs } from '../../platform/clock.ts';
import type { Seal } from '../../platform/crypto/seal.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { JobQueue } from '../../platform/jobs/job-queue.ts';
import type { JobKind, JobRun } from '../../platform/jobs/job-runner.ts';
import type { AuditLog } from '../audit/index.ts';
import type { DeliveryRepository, DueDelivery } from './delivery.repository.ts';
import { attempted, type DeliveryRecord, type Outcome } from './delivery.ts';
import type { EndpointRepository } from './endpoint.repository.ts';
import type { EndpointRecord } from './endpoint.ts';
import { noteOutcomes } from './note-outcomes.ts';
import type { WebhookSender } from './send-webhook.ts';
import { signingSecrets } from './webhook-secrets.ts';
import { signedHeaders } from './webhook-signature.ts';

const kind = 'webhooks.deliver';
/** One attempt ends within 15 s; a worker that holds a turn begins none that could outlast its lease. */
const leaseMs = minuteMs;
const beginUntilMs = 40 * secondMs;
/** In flight at one endpoint, however many servers there are: the turn is one job. */
const inFlightMax = 4;
const readMax = 64;
/** Outcomes are written together; what is lost when the process dies is sent again with the same id. */
const unwrittenMax = 32;
const unwrittenForMs = 100;
/** What was read is sent within so long, or read again: it may have been canceled, or a person erased from it. */
const readForMs = secondMs;
/** A request that hangs keeps neither new events waiting nor the outcome of others unwritten. */
const lookAgainMs = 500;
/** In ordered mode a younger event waits so long for an older one that fails, and never for ever. */
const orderWaitMs = minuteMs;

export interface DeliveryRepositories {
  endpoints: EndpointRepository;
  deliveries: DeliveryRepository;
  jobs: JobQueue;
  audit: AuditLog;
}

/** Asks for a turn of an endpoint, in the transaction that makes its deliveries. */
export const askForDelivery = (
  jobs: JobQueue,
  { id, account_id }: Pick<EndpointRecord, 'id' | 'account_id'>,
  now: number,
): Promise<void> => jobs.enqueue(kind, id, { run_at: now, now, payload: { account_id } });

/** An attempt that was made, and the state it was made from. */
export interface Attempt {
  /** What was sent. */
  readonly body: string;
  readonly before: DeliveryRecord;
  readonly after: DeliveryRecord;
  readonly outcome: Outcome;
  readonly started_at: number;
}

/**
 * Sends what is due at one endpoint. Each endpoint has one job, and so one turn at a time: a slow one takes up its own
 * turn, never the place of others, and no more than four requests at once meet one receiver.
 */
export function deliverEvents(deps: {
  uow: UnitOfWork<DeliveryRepositories>;
  sender: WebhookSender;
  seal: Seal;
  newId: NewId;
  clock: Clock;
  random: () => number;
}): JobKind {
  const { uow, sender, clock, random } = deps;

  const attempt = async (endpoint: EndpointRecord, delivery: DueDelivery): Promise<Attempt> => {
    const { body, ...before } = delivery;
    const started_at = clock.now();
    const headers = signedHeaders(signingSecrets(deps.seal, endpoint, started_at), {
      id: delivery.event_id,
      type: delivery.event_type,
      body,
      attempt: delivery.attempts + 1,
      sent_at: started_at,
    });
    const outcome = await sender.send(endpoint.url, headers, body);
    const after = attempted(before, outcome, { now: clock.now(), random: random() });
    return { body, before, after, outcome, started_at };
  };

  /** What may be sent now, and when to look again when there is nothing. */
  const readDue = async (
    endpoint: EndpointRecord,
    unsettled: ReadonlySet<string>,
  ): Promise<{ due: DueDelivery[]; nextAt: number | null }> => {
    const { account_id, id } = endpoint;
    const now = clock.now();
    const { deliveries } = uow.read;
    if (endpoint.ordered) return readInOrder(deliveries, endpoint, now);
    // As it is before the read: what ends during it may be written after, and would be taken for due.
    const taken = new Set(unsettled);
    const due = await deliveries.listDue(account_id, id, now, readMax + taken.size);
    const nextAt = due.length > 0 ? null : await deliveries.nextDueAt(account_id, id);
    return { due: due.filter((delivery) => !taken.has(delivery.id)), nextAt };
  };

  const takeTurn = async (taken: EndpointRecord, { now, signal }: JobRun): Promise<number | null> => {
    let endpoint = taken;
    let isOpen = true;
    const inFlight = new Map<string, Promise<void>>();
    // Begun, and not written yet what came of it: to the database they are still due.
    const unsettled = new Set<string>();
    let waiting: DueDelivery[] = [];
    let readAt = 0;
    let unwritten: Attempt[] = [];
    // When the endpoint was looked at: whoever disables it waits for no more than the next outcome.
    let lookedAt = performance.now();

    const write = async () => {
      if (unwritten.length === 0) return;
      const attempts = unwritten;
      unwritten = [];
      const left = await uow.runInternal((tx) => noteOutcomes(tx, deps, endpoint, attempts));
      lookedAt = performance.now();
      for (const { before } of attempts) unsettled.delete(before.id);
      // What was changed about it meanwhile holds for what is sent next.
      if (left?.enabled) endpoint = left;
      else isOpen = false;
    };
    const begin = (delivery: DueDelivery) => {
      unsettled.add(delivery.id);
      const run = attempt(endpoint, delivery).then((made) => {
        unwritten.push(made);
        inFlight.delete(delivery.id);
      });
      inFlight.set(delivery.id, run);
    };

    for (;;) {
      const mayBegin = isOpen && !signal.aborted && clock.now() - now < beginUntilMs;
      const parallel = endpoint.ordered ? 1 : inFlightMax;
      if (performance.now() - readAt >= readForMs) waiting = [];
      if (mayBegin && waiting.length === 0 && inFlight.size < parallel) {
        await write();
        const found = await readDue(endpoint, unsettled);
        readAt = performance.now();
        waiting = found.due;
        if (waiting.length === 0 && unsettled.size === 0) return found.nextAt;
      }
      while (mayBegin && isOpen && inFlight.size < parallel) {
        const delivery = waiting.shift();
        if (!delivery) break;
        begin(delivery);
      }
      if (inFlight.size === 0) {
        await write();
        if (!isOpen) return null;
        if (!mayBegin) return clock.now();
        continue;
      }
      await firstOf(inFlight.values(), lookAgainMs);
      const isOld = performance.now() - lookedAt >= unwrittenForMs;
      if (isOld || unwritten.length >= unwrittenMax || unwritten.some(isGone)) await write();
    }
  };

  return {
    kind,
    // Each is an endpoint whose receiver may sleep: many, so that none waits for another.
    concurrencyMax: 256,
    leaseMs,
    attemptsMax: 1_000_000,
    async run(job) {
      const { account_id } = job.payload as { account_id: string };
      const endpoint = await uow.read.endpoints.find(account_id, job.key);
      if (!endpoint?.enabled) return undefined;
      const againAt = await takeTurn(endpoint, job);
      return againAt === null ? undefined : { againAt };
    },
  };
}

/** Waits for one of them to end, and no longer than so long. */
async function firstOf(running: Iterable<Promise<void>>, waitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const pause = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs);
  });
  await Promise.race([...running, pause]).finally(() => clearTimeout(timer));
}

/** After an answer of 410 nothing more is begun. */
const isGone = ({ outcome }: Attempt): boolean => outcome.status === 410;

/** In ordered mode: the oldest that waits, or else the first of those younger ones that have waited for it long enough. */
async function readInOrder(
  deliveries: DeliveryRepository,
  { account_id, id }: EndpointRecord,
  now: number,
): Promise<{ due: DueDelivery[]; nextAt: number | null }> {
  const head = await deliveries.oldestWaiting(account_id, id);
  if (!head) return { due: [], nextAt: null };
  const headAt = head.due_at ?? now;
  if (headAt <= now) return { due: [head], nextAt: null };
  const younger = await deliveries.oldestDue(account_id, id, { now, createdUntil: now - orderWaitMs });
  if (younger) return { due: [younger], nextAt: null };
  const youngerAt = await deliveries.nextFreeAt(account_id, id, {
    behind: head.sequence,
    waitMs: orderWaitMs,
  });
  return { due: [], nextAt: Math.min(headAt, youngerAt ?? headAt) };
}
