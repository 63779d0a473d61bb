import { openStream, readFile, readPage, readValue } from './answer.ts';
import type { Caller, CallOptions, Operation, Page } from './caller.ts';
import { buildRequest } from './request.ts';
import { type Connection, send } from './send.ts';

/** Calls operations over a connection. */
export function createCaller(connection: Connection): Caller {
  const page = async <Item>(
    operation: Operation,
    input: object,
    options: CallOptions = {},
  ): Promise<Page<Item>> =>
    send(connection, buildRequest(operation, input, options), options, readPage<Item>);

  return {
    value: async <Result>(operation: Operation, input: object, options: CallOptions = {}) =>
      send(connection, buildRequest(operation, input, options), options, readValue<Result>),
    page,
    // Larger pages are fewer requests, which the plan counts.
    iterate: (operation, input, options) =>
      iterate((cursor) => page(operation, { limit: operation.limitMax, ...input, ...cursor }, options)),
    file: async (operation, input, options = {}) =>
      send(connection, buildRequest(operation, input, options), options, readFile),
    stream: (operation, input, options = {}) =>
      startedLater(() => send(connection, buildRequest(operation, input, options), options, openStream)),
  };
}

async function* iterate<Item>(
  fetchPage: (cursor: { cursor?: string }) => Promise<Page<Item>>,
): AsyncGenerator<Item, void> {
  let page = await fetchPage({});
  for (;;) {
    yield* page.items;
    const { has_more, next_cursor } = page.pagination;
    if (!has_more || next_cursor === null) return;
    page = await fetchPage({ cursor: next_cursor });
  }
}

/** Nothing is sent for a stream that nobody reads. */
async function* startedLater(
  start: () => Promise<AsyncGenerator<string, void>>,
): AsyncGenerator<string, void> {
  yield* await start();
}
