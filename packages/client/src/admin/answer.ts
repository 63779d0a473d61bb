import { isRecord, type RawAnswer, readAnswer } from '../api/read-answer.ts';
import { ThriveError } from '../errors.ts';
import type { Page } from './caller.ts';
import { type Deadline, sendAgain } from './deadline.ts';

/** An answer whose head has come, and what is needed to read the rest. */
export interface Answer {
  readonly response: Response;
  readonly deadline: Deadline;
  /** Takes secrets out of what the server says. */
  readonly conceal: (text: string) => string;
  readonly now: () => number;
}

/** @throws {ThriveError} with the server's code when the answer is a refusal, as all of these. */
export async function readValue<Result>(answer: Answer): Promise<Result> {
  return readAnswer(await readText(answer), answer.conceal) as Result;
}

export async function readPage<Item>(answer: Answer): Promise<Page<Item>> {
  const raw = await readText(answer);
  const items = readAnswer(raw, answer.conceal);
  const { pagination } = (JSON.parse(raw.text) as { meta?: { pagination?: unknown } }).meta ?? {};
  if (!Array.isArray(items) || !isRecord(pagination)) {
    throw new ThriveError('UNTRUSTED_ANSWER', { status: raw.status, details: { reason: 'not_a_page' } });
  }
  return { items: items as Item[], pagination: pagination as unknown as Page<Item>['pagination'] };
}

/** A file, whole. JSON would be an answer about something else. */
export async function readFile(answer: Answer): Promise<Blob> {
  const { response } = answer;
  if (!response.ok) await readValue(answer);
  if (!response.headers.get('content-type')?.startsWith('application/json')) return response.blob();
  throw new ThriveError('UNTRUSTED_ANSWER', { status: response.status, details: { reason: 'not_a_file' } });
}

/** The pieces of a text as they come. What comes after the head is not asked for again when it breaks off. */
export async function openStream(answer: Answer): Promise<AsyncGenerator<string, void>> {
  const { response } = answer;
  if (!response.ok) await readValue(answer);
  if (response.headers.get('content-type')?.startsWith('text/csv')) return pieces(answer);
  throw new ThriveError('UNTRUSTED_ANSWER', { status: response.status, details: { reason: 'not_csv' } });
}

async function* pieces({ response, deadline }: Answer): AsyncGenerator<string, void> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await deadline.during(() => reader.read());
      const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
      if (text !== '') yield text;
      if (done) return;
    }
  } catch (error) {
    throw error instanceof ThriveError
      ? error
      : new ThriveError('NETWORK_ERROR', { cause: error, action: sendAgain });
  } finally {
    // Also when the reader of the pieces wants no more: the server then stops writing.
    reader.cancel().catch(() => {});
  }
}

async function readText({ response, now }: Answer): Promise<RawAnswer> {
  return {
    status: response.status,
    text: await response.text(),
    retryAfterMs: readRetryAfter(response.headers.get('retry-after'), now()),
  };
}

/** Seconds or a date (RFC 9110 §10.2.3); null for neither. */
function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const delayMs = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(delayMs) ? null : Math.max(delayMs, 0);
}
