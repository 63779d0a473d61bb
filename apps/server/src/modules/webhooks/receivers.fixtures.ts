import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { selfSigned } from './certificate.fixtures.ts';

/** A receiver of webhooks on this machine. */
export interface Receiver {
  readonly port: number;
  /** `http://127.0.0.1:…`, or `https:` of one that speaks TLS. */
  readonly url: string;
  /** Connections that were ever opened. */
  readonly connections: Socket[];
  /** What it was sent, if it understands HTTP. */
  readonly received: Received[];
}

export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

const open = new Map<Server, Socket[]>();

/** Ends all receivers, whatever they are in the middle of. */
export async function closeReceivers(): Promise<void> {
  for (const [server, connections] of open) {
    const closed = once(server, 'close');
    server.close();
    for (const connection of connections) connection.destroy();
    await closed;
  }
  open.clear();
}

async function listen(server: Server, protocol: string, received: Received[]): Promise<Receiver> {
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    // A sender that breaks off is what many tests are about.
    socket.on('error', () => {});
    connections.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.set(server, connections);
  const { port } = server.address() as { port: number };
  return { port, url: `${protocol}//127.0.0.1:${port}`, connections, received };
}

const collecting =
  (received: Received[], answer: RequestListener): RequestListener =>
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url: path, headers } = request;
      received.push({ method, path, headers, body: Buffer.concat(chunks) });
      answer(request, response);
    });
  };

/** One that has read the whole request before it answers. */
export function httpReceiver(answer: RequestListener): Promise<Receiver> {
  const received: Received[] = [];
  return listen(createServer(collecting(received, answer)), 'http:', received);
}

/** The same behind TLS, with a certificate of its own making. */
export function tlsReceiver(
  answer: RequestListener,
  certificate = selfSigned('127.0.0.1'),
): Promise<Receiver> {
  const received: Received[] = [];
  return listen(createTlsServer(certificate, collecting(received, answer)), 'https:', received);
}

/** One that does with the bare connection what it likes, once something has come in. */
export function rawReceiver(misbehave: (socket: Socket) => void): Promise<Receiver> {
  const server = createTcpServer((socket) => void socket.once('data', () => misbehave(socket)));
  return listen(server, 'http:', []);
}

/** One that is silent, whatever comes. */
export const silentReceiver = (): Promise<Receiver> => rawReceiver(() => {});
