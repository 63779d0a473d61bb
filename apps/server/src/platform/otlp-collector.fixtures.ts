import { once } from 'node:events';
import { createServer } from 'node:http';

/** A span as it came over the wire. */
export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 5 consumer. */
  readonly kind: number;
  readonly attributes: Record<string, string | number | boolean>;
  /** 2: an error. */
  readonly status: number;
  readonly durationNs: bigint;
}

/** A collector of traces on this machine that understands OTLP as JSON over HTTP. */
export interface Collector {
  readonly endpoint: string;
  /** All that it was sent, word for word. */
  readonly bodies: string[];
  readonly paths: string[];
  spans(): SentSpan[];
  /** What the process says about itself. */
  resource(): SentSpan['attributes'];
  /** From now on it answers with this. */
  answer(status: number): void;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const bodies: string[] = [];
  const paths: string[] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    paths.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const parsed = () => bodies.flatMap((body) => (JSON.parse(body) as Sent).resourceSpans);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bodies,
    paths,
    spans: () => parsed().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(read))),
    resource: () => valuesOf(parsed()[0]?.resource.attributes ?? []),
    answer: (next) => {
      status = next;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number; boolValue?: boolean };
}
interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  events: unknown[];
  status: { code: number };
}
interface Sent {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: WireSpan[] }[] }[];
}

const valuesOf = (attributes: Attribute[]): SentSpan['attributes'] =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.boolValue ?? '']),
  );

const read = (span: WireSpan): SentSpan => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId || null,
  name: span.name,
  kind: span.kind,
  attributes: valuesOf(span.attributes),
  status: span.status.code,
  durationNs: BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano),
});
