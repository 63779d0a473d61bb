import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll } from 'vitest';
import { unique } from './builders.ts';

/** One request as it came over the wire. */
export interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly id: string;
  /** When its body was complete, epoch milliseconds. */
  readonly at: number;
}

/** How a mailbox answers: with a status, not at all (`hang`), or by closing the connection (`drop`). */
export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'hang'
  | 'drop';

type Answer = (received: Received) => Reply | Promise<Reply>;

/** An address of its own at a receiver: what arrived there, and what it says to it. */
export interface Mailbox {
  readonly url: string;
  readonly received: Received[];
  /** From now on. */
  reply(next: Reply | Answer): void;
}

/** An HTTP server such as a vendor runs, on this machine. */
export interface Receiver {
  mailbox(): Mailbox;
}

/** Starts a receiver before the tests of a `describe` and ends it after, with all that still hangs. */
export function useReceiver(): Receiver {
  const answers = new Map<string, Answer>();
  let server: Server | undefined;
  let baseUrl = '';
  beforeAll(async () => {
    server = createServer((request, response) => {
      const answer = answers.get(request.url ?? '') ?? (() => ({ status: 404 }));
      receive(request)
        .then(answer)
        .then((reply) => answerWith(response, reply))
        .catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
  });

  return {
    mailbox() {
      const path = `/${unique('mailbox')}`;
      const received: Received[] = [];
      let answer: Answer = () => ({ status: 200 });
      answers.set(path, (one) => {
        received.push(one);
        return answer(one);
      });
      return {
        url: `${baseUrl}${path}`,
        received,
        reply(next) {
          answer = typeof next === 'function' ? next : () => next;
        },
      };
    },
  };
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const body = Buffer.concat(chunks).toString('utf8');
  return { headers, body, id: headers['webhook-id'] ?? '', at: Date.now() };
}

function answerWith(response: ServerResponse, reply: Reply): void {
  if (reply === 'hang') return;
  if (reply === 'drop') return void response.destroy();
  response.writeHead(reply.status, reply.headers).end(reply.body);
}

/** Does one of its signatures come from this secret? Judged by a library that nobody here wrote, at any time. */
export function isSignedWith(secret: string, { headers, body, id }: Received): boolean {
  const at = new Date(Number(headers['webhook-timestamp']) * 1000);
  const signature = new Webhook(secret).sign(id, at, body);
  return headers['webhook-signature']?.split(' ').includes(signature) ?? false;
}
