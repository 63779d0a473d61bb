import type { IncomingMessage } from 'node:http';
import secureJson from 'secure-json-parse';
import { UnreadableInput } from '../trpc/unreadable-input.ts';

/** The largest body that is read. Every request of this API fits into a fraction of it. */
const bodyBytesMax = 256 * 1024;
/** How much of a too large body is read away, unkept, so that the caller gets to see the answer. */
const drainBytesMax = 16 * 1024 * 1024;

/** A body as it came and as it was read. */
export interface JsonBody {
  readonly text: string;
  readonly value: Record<string, unknown>;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

const fault = (message: string) => new UnreadableInput({ path: '', code: 'invalid_body', message });

/**
 * Reads a JSON body. Faults are returned, not thrown: refusals that come first in order, such as a missing key,
 * must still come first.
 *
 * @param giveUp called when the connection cannot be used again after the answer.
 * @returns the value; undefined for no body; an {@link UnreadableInput} that says what to change.
 */
export async function readJsonBody(
  stream: IncomingMessage,
  contentType: string | undefined,
  giveUp: () => void,
): Promise<JsonBody | undefined | UnreadableInput> {
  const bytes = await readBytes(stream, giveUp);
  if (bytes === null) return fault(`The body must be at most ${bodyBytesMax} bytes.`);
  if (bytes.length === 0) return undefined;
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType ?? '')) {
    return fault('Send JSON with the header "Content-Type: application/json".');
  }
  try {
    const text = strictUtf8.decode(bytes);
    const value: unknown = secureJson.parse(text, { protoAction: 'error', constructorAction: 'error' });
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fault('The body must be a JSON object.');
    }
    return { text, value: value as Record<string, unknown> };
  } catch (error) {
    if (String(error).includes('forbidden prototype'))
      return fault('`__proto__` and `constructor` are not field names.');
    return fault(
      error instanceof TypeError
        ? 'The body is not valid UTF-8.'
        : 'The body is not valid JSON; check quotes, commas and brackets.',
    );
  }
}

/** @returns null for a body that is too large. Beyond reason it is not even read away: the caller must hang up. */
function readBytes(stream: IncomingMessage, giveUp: () => void): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length <= bodyBytesMax) chunks.push(chunk);
      if (length <= drainBytesMax) return;
      stream.off('data', onData).pause();
      giveUp();
      resolve(null);
    };
    stream
      .on('data', onData)
      .once('end', () => resolve(length > bodyBytesMax ? null : whole(chunks)))
      .once('error', reject);
  });
}

/** Nearly every body comes in one piece. */
function whole(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return only && chunks.length === 1 ? only : Buffer.concat(chunks);
}
