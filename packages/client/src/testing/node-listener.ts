import type { Emulator } from './create-emulator.ts';

// As much of node:http as is needed, so that this package can be bundled for a browser.
interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
  destroy(): unknown;
}

/**
 * Lets an app that is no JavaScript reach the emulator over a socket of Node: a request listener for `createServer` of
 * `node:http`. Where `fetch` of the emulator would reject, the connection breaks off.
 *
 * @example
 * const server = createServer(nodeListener(emulator));
 * server.listen(0, '127.0.0.1');
 */
export function nodeListener({ fetch, baseUrl }: Pick<Emulator, 'fetch' | 'baseUrl'>) {
  return async (request: NodeRequest, response: NodeResponse): Promise<void> => {
    try {
      const { method = 'GET' } = request;
      const body = await readText(request);
      const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
        typeof value === 'string' ? [[name, value]] : [],
      );
      const answer = await fetch(new URL(request.url ?? '/', baseUrl), {
        method,
        headers,
        ...(body !== '' && { body }),
      });
      const text = await answer.text();
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(text);
    } catch {
      response.destroy();
    }
  };
}

async function readText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
