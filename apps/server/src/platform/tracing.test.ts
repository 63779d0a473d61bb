import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from './app-error.ts';
import { createLogger } from './logger.ts';
import { type Collector, type SentSpan, startCollector } from './otlp-collector.fixtures.ts';
import {
  type Facts,
  noTracing,
  openTracing,
  type TraceHeaders,
  type TraceRecorder,
  type Tracing,
} from './tracing.ts';

const nobody: TraceHeaders = { traceparent: undefined, tracestate: undefined };
const request = { method: 'POST', route: '/api/v1/activate', request_id: 'req_1' };
const lines: string[] = [];
const log = createLogger('info', { write: (line) => void lines.push(line) });

let collector: Collector;
let tracing: Tracing;
let recorder: TraceRecorder;
beforeEach(async () => {
  lines.splice(0);
  collector = await startCollector();
  tracing = await openTracing(collector.endpoint, log);
  if (!tracing.recorder) throw new Error('Nothing is recorded.');
  recorder = tracing.recorder;
});
afterEach(async () => {
  await tracing.close();
  await collector.close();
});

/** Answers a request by `work`, as a door would. */
const answer = (work: () => Promise<unknown>, { caller = nobody, status = 200 } = {}): Promise<void> =>
  new Promise((resolve, reject) => {
    const observed = recorder.beginRequest(request, caller);
    observed.run(() => {
      work()
        .then(() => observed.end(status))
        .then(resolve, reject);
    });
  });
const statement = (sql = 'select 1', error?: unknown) => recorder.beginStatement('sqlite', sql)?.(error);
const sent = async (): Promise<SentSpan[]> => {
  await tracing.close();
  return collector.spans();
};
const named = (spans: SentSpan[], name: string): SentSpan => {
  const found = spans.filter((span) => span.name === name);
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} spans are called ${name}.`);
  return found[0];
};

it('a request, its procedure and its statements are one trace, each inside what caused it', async () => {
  await answer(() =>
    tracing.observe(
      { name: 'activations.activate', facts: { procedure: 'activations.activate' } },
      async () => {
        tracing.note({ account_id: 'acc_1', key_type: 'channel' });
        statement('select * from licenses where id = ?');
      },
    ),
  );
  const spans = await sent();
  const whole = named(spans, 'POST /api/v1/activate');
  const procedure = named(spans, 'activations.activate');
  const select = named(spans, 'SELECT');
  expect(spans.map(({ traceId }) => traceId)).toEqual(Array(3).fill(whole.traceId));
  expect([whole.parentSpanId, procedure.parentSpanId, select.parentSpanId]).toEqual([
    null,
    whole.spanId,
    procedure.spanId,
  ]);
  expect([whole.kind, procedure.kind, select.kind]).toEqual([2, 1, 3]);
  const caller = { 'thrive.account_id': 'acc_1', 'thrive.key_type': 'channel' };
  expect(whole.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/api/v1/activate',
    'http.response.status_code': 200,
    'thrive.request_id': 'req_1',
    ...caller,
  });
  expect(procedure.attributes).toEqual({ 'thrive.procedure': 'activations.activate', ...caller });
  expect(select.attributes).toEqual({
    'db.system.name': 'sqlite',
    'db.operation.name': 'SELECT',
    'db.query.text': 'select * from licenses where id = ?',
  });
  expect(whole.durationNs >= procedure.durationNs).toBe(true);
  expect(collector.paths).toEqual(['POST /v1/traces application/json']);
  expect(collector.resource()).toMatchObject({
    'service.name': 'thrivetech',
    'service.instance.id': expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

describe('what a span says', () => {
  it('is on a list: anything else that is handed in stays here', async () => {
    const more = { license_key: 'SECRET-1', name: 'Ada', email: 'ada@example.com' } as Facts;
    await answer(async () => {
      tracing.note(more);
      await tracing.observe(
        { name: 'x', facts: more },
        async () => {},
        () => more,
      );
    });
    await sent();
    expect(collector.bodies.join('')).not.toMatch(/SECRET-1|Ada|ada@/);
  });

  it('is the text of a statement without what stands in quotes, and no more than 2,000 characters of it', async () => {
    await answer(async () => {
      statement("insert into customers values ('Ada', 'O''Hara', ?)");
      statement(`update x set ${'a = ?, '.repeat(1_000)}`);
    });
    const spans = await sent();
    expect(named(spans, 'INSERT').attributes['db.query.text']).toBe('insert into customers values (?, ?, ?)');
    expect(String(named(spans, 'UPDATE').attributes['db.query.text'])).toHaveLength(2_000);
  });

  it('of a failure is its code, never its message', async () => {
    const failure = Object.assign(new Error('Key (email)=(ada@example.com) exists'), { code: '23505' });
    await answer(async () => {
      statement('insert into customers values (?)', failure);
      await tracing.observe({ name: 'fails' }, () => Promise.reject(failure)).catch(() => {});
      await tracing
        .observe({ name: 'throws' }, () => Promise.reject(new TypeError('of ada@example.com')))
        .catch(() => {});
    });
    const spans = await sent();
    const told = (name: string) => [named(spans, name).attributes['error.type'], named(spans, name).status];
    expect([told('INSERT'), told('fails'), told('throws')]).toEqual([
      ['23505', 2],
      ['23505', 2],
      ['TypeError', 2],
    ]);
    expect(collector.bodies.join('')).not.toContain('ada@');
  });

  it('of a refusal is its code, and that it is no failure', async () => {
    const refuse = (code: 'LICENSE_REVOKED' | 'INTERNAL_ERROR') =>
      expect(tracing.observe({ name: code }, () => Promise.reject(new AppError(code)))).rejects.toThrow();
    await answer(() => refuse('LICENSE_REVOKED'), { status: 403 });
    await answer(() => refuse('INTERNAL_ERROR'), { status: 500 });
    const spans = await sent();
    expect(named(spans, 'LICENSE_REVOKED')).toMatchObject({
      status: 0,
      attributes: { 'error.type': 'LICENSE_REVOKED' },
    });
    expect(named(spans, 'INTERNAL_ERROR').status).toBe(2);
    const whole = spans.filter(({ kind }) => kind === 2);
    expect(whole.map(({ status, attributes }) => [attributes['http.response.status_code'], status])).toEqual([
      [403, 0],
      [500, 2],
    ]);
  });
});

describe('the trace of a caller', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const spanId = '00f067aa0ba902b7';
  const answered = async (traceparent: string, tracestate?: string) => {
    await answer(async () => {}, { caller: { traceparent, tracestate } });
    return await sent();
  };

  it.each([
    ['goes on here', `00-${traceId}-${spanId}-01`],
    ['of a later version, too', `01-${traceId}-${spanId}-01-more`],
  ])('%s', async (_how, traceparent) => {
    expect(await answered(traceparent, 'vendor=1')).toMatchObject([{ traceId, parentSpanId: spanId }]);
    expect(collector.bodies[0]).toContain('"traceState":"vendor=1"');
  });

  it('that is not recorded there is not recorded here, down to its statements', async () => {
    await answer(() => tracing.observe({ name: 'x' }, async () => statement()), {
      caller: { traceparent: `00-${traceId}-${spanId}-00`, tracestate: undefined },
    });
    expect(await sent()).toEqual([]);
  });

  it.each([
    '',
    'nonsense',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
  ])('that cannot be read begins anew: "%s"', async (traceparent) => {
    const [span] = await answered(traceparent);
    expect(span?.parentSpanId).toBeNull();
    expect(span?.traceId).not.toBe(traceId);
  });
});

describe('work', () => {
  it('that has nothing to do with its cause is a trace of its own, and so is what it causes', async () => {
    await answer(async () => {
      await tracing.observe(
        { name: 'a.job', kind: 'consumer', isApart: true, facts: { job: 'a.job' } },
        async () => {
          tracing.note({ account_id: 'acc_1' });
          statement();
        },
      );
      tracing.apart(() => statement('delete from nobody'));
    });
    const spans = await sent();
    expect(spans.map(({ name }) => name).sort()).toEqual(['POST /api/v1/activate', 'SELECT', 'a.job']);
    const job = named(spans, 'a.job');
    expect(job).toMatchObject({ parentSpanId: null, kind: 5 });
    expect(named(spans, 'SELECT')).toMatchObject({ parentSpanId: job.spanId, traceId: job.traceId });
    expect(named(spans, 'POST /api/v1/activate').attributes).not.toHaveProperty(['thrive.account_id']);
  });

  it('that outlives its request, or belongs to none, has no spans', async () => {
    statement();
    let later = () => {};
    await answer(async () => {
      later = recorder.bound(() => {
        statement();
      });
    });
    later();
    expect(await recorder.observeInside('transaction', async () => 7)).toBe(7);
    expect((await sent()).map(({ name }) => name)).toEqual(['POST /api/v1/activate']);
  });

  it('gives its result, and says of it what it is asked to', async () => {
    const send = () =>
      tracing.observe(
        { name: 'webhook', kind: 'client' },
        async () => ({ code: 503 }),
        ({ code }) => ({
          status: code,
          error: 'status',
        }),
      );
    expect(await send()).toEqual({ code: 503 });
    expect(named(await sent(), 'webhook')).toMatchObject({
      kind: 3,
      attributes: { 'http.response.status_code': 503, 'error.type': 'status' },
    });
  });

  it('of two servers in one process does not mix', async () => {
    const other = await startCollector();
    const otherTracing = await openTracing(other.endpoint, log);
    await answer(() => otherTracing.observe({ name: 'of the other' }, async () => statement()));
    await otherTracing.close();
    await sent();
    expect(other.spans().map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
      ['of the other', null],
    ]);
    expect(collector.spans().map(({ name }) => name)).toEqual(['SELECT', 'POST /api/v1/activate']);
    await other.close();
  });

  it('whose caller hung up says so', async () => {
    recorder.beginRequest(request, nobody).end(null);
    expect((await sent())[0]?.attributes).toMatchObject({ 'error.type': 'hung_up' });
  });
});

describe('a collector', () => {
  it('that refuses is told of once, and is not heard of by who calls', async () => {
    collector.answer(400);
    await answer(async () => {});
    await tracing.close();
    expect(lines.filter((line) => line.includes('traces cannot be sent'))).toHaveLength(1);
  });

  it('that is away keeps nobody from stopping', async () => {
    const away = await openTracing('http://127.0.0.1:1', log);
    await away.observe({ name: 'x' }, async () => {});
    const begun = performance.now();
    await away.close();
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('may have a path, with or without a slash at its end', async () => {
    const behind = await openTracing(`${collector.endpoint}/otlp/`, log);
    await behind.observe({ name: 'x' }, async () => {});
    await behind.close();
    expect(collector.paths).toEqual(['POST /otlp/v1/traces application/json']);
  });
});

describe('without a collector', () => {
  it('work is done, and nothing else', async () => {
    const none = await openTracing(null, log);
    expect(none).toBe(noTracing);
    const work = vi.fn(async () => 1);
    expect(await none.observe({ name: 'x' }, work)).toBe(1);
    expect([none.recorder, none.apart(() => 2)]).toEqual([null, 2]);
    await none.close();
  });

  it.each([
    ['none of the libraries is loaded', null, false],
    ['while with one they are', 'http://127.0.0.1:1', true],
  ])('%s', async (_what, endpoint, isLoaded) => {
    const script = `
      const { openTracing } = await import(${JSON.stringify(join(import.meta.dirname, 'tracing.ts'))});
      await openTracing(${JSON.stringify(endpoint)}, { warn() {}, info() {} });
      const { createRequire } = await import('node:module');
      const loaded = Object.keys(createRequire(${JSON.stringify(import.meta.filename)}).cache);
      console.log(loaded.filter((path) => path.includes('@opentelemetry')).length);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(Number(stdout) > 0).toBe(isLoaded);
  });
});
