/**
 * A process of its own that fires the calls it is given, all at once, and reports each answer. Started by storm.ts.
 * It imports nothing, so that it is ready in no time.
 */
export interface StormCall {
  readonly url: string;
  readonly key: string;
  readonly body: unknown;
  /** Calls of one lane run one after the other. */
  readonly lane?: string | undefined;
}

export interface StormAnswer {
  /** 0: no answer came. */
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what is inside is each test's own expectation
  readonly body: any;
}

async function send({ url, key, body }: StormCall): Promise<StormAnswer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  } catch (error) {
    return { status: 0, body: String(error) };
  }
}

async function fire(calls: readonly StormCall[]): Promise<StormAnswer[]> {
  const lanes = new Map<string | symbol, Promise<unknown>>();
  return Promise.all(
    calls.map((call) => {
      const lane = call.lane ?? Symbol();
      const answer = (lanes.get(lane) ?? Promise.resolve()).then(() => send(call));
      lanes.set(lane, answer);
      return answer;
    }),
  );
}

// Only in a process that was forked: the types above are imported by tests as well.
if (process.argv[2] === 'storm-worker') {
  process.on('message', async (calls: StormCall[]) => process.send?.(await fire(calls)));
  process.send?.('ready');
}
