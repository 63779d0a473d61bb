/** What a generated method knows of its operation. */
export interface Operation {
  /** Dotted name, `licenses.create`; errors speak of it. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`; a `{name}` is a field of the input. */
  readonly path: string;
  /** The largest page, for an operation that gives pages. */
  readonly limitMax?: number;
}

/** How one call differs from what the client was made with. */
export interface CallOptions {
  /**
   * Names the request, so that it is done once however often it is sent: 1 to 255 printable ASCII characters without
   * spaces. Made out of something that you still know after a crash, it also guards against a second run of your own
   * program. A random one when left out; a GET and a DELETE need none.
   */
  readonly idempotencyKey?: string | undefined;
  /** Ends the call, waiting between tries included. */
  readonly signal?: AbortSignal | undefined;
  /** How long each try may take; in place of the client's. */
  readonly timeoutMs?: number | undefined;
}

/** A page of a list. */
export interface Page<Item> {
  readonly items: Item[];
  /** `next_cursor` is the `cursor` of the next page, and null on the last one. */
  readonly pagination: {
    readonly limit: number;
    readonly has_more: boolean;
    readonly next_cursor: string | null;
  };
}

/** What generated methods stand on: one way of calling for each form of answer. */
export interface Caller {
  value<Result>(operation: Operation, input: object, options?: CallOptions): Promise<Result>;
  page<Item>(operation: Operation, input: object, options?: CallOptions): Promise<Page<Item>>;
  iterate<Item>(operation: Operation, input: object, options?: CallOptions): AsyncIterable<Item>;
  stream(operation: Operation, input: object, options?: CallOptions): AsyncIterable<string>;
  file(operation: Operation, input: object, options?: CallOptions): Promise<Blob>;
}
