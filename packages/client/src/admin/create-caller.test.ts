import { describe, expect, test } from 'vitest';
import {
  callScripted,
  collect,
  create,
  exportAll,
  get,
  list,
  refuses,
  type Sent,
  succeeds,
} from './admin.fixtures.ts';

describe('a flat input', () => {
  test('goes into path and query of a GET', async () => {
    const { caller, sent } = callScripted([succeeds({})]);
    await caller.value(get, { licenseId: 'a/b c', q: 'x&y', limit: 5, since: undefined });
    expect(sent[0]).toMatchObject({
      url: 'https://licenses.example/api/v1/licenses/a%2Fb%20c?q=x%26y&limit=5',
      method: 'GET',
      body: null,
    });
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer tt_admin_secret');
    expect(sent[0]?.headers.get('idempotency-key')).toBeNull();
  });

  test('goes into path and body of a PUT, which carries an idempotency key as well', async () => {
    const { caller, sent } = callScripted([succeeds({})]);
    const update = { name: 'licenses.update', method: 'PUT', path: '/licenses/{licenseId}' } as const;
    await caller.value(update, { licenseId: 'lic_1', notes: null, version: 2, device_limit: undefined });
    expect(sent[0]).toMatchObject({
      url: 'https://licenses.example/api/v1/licenses/lic_1',
      body: '{"notes":null,"version":2}',
    });
    expect(sent[0]?.headers.get('content-type')).toBe('application/json');
    expect(sent[0]?.headers.get('idempotency-key')).not.toBeNull();
  });

  test('with nothing for the body sends none', async () => {
    const { caller, sent } = callScripted([succeeds({})]);
    await caller.value(create, {});
    expect(sent[0]).toMatchObject({ body: null });
    expect(sent[0]?.headers.get('content-type')).toBeNull();
  });

  test.each(['', '.', '..', undefined, 7])(
    'with the id %s is not sent: it would lead elsewhere',
    async (licenseId) => {
      const { caller, sent } = callScripted([succeeds({})]);
      await expect(caller.value(get, { licenseId })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      expect(sent).toEqual([]);
    },
  );
});

describe('an idempotency key', () => {
  test('is another for each call', async () => {
    const { caller, sent } = callScripted([succeeds({})]);
    for (const _call of [1, 2]) await caller.value(create, {});
    expect(sent[0]?.headers.get('idempotency-key')).not.toBe(sent[1]?.headers.get('idempotency-key'));
  });

  test("may be the caller's own", async () => {
    const { caller, sent } = callScripted([succeeds({})]);
    await caller.value(create, {}, { idempotencyKey: 'order-1001' });
    expect(sent[0]?.headers.get('idempotency-key')).toBe('order-1001');
  });

  test.each(['', 'two words', 'ö', 'a'.repeat(256)])('"%s" is none', async (idempotencyKey) => {
    const { caller, sent } = callScripted([succeeds({})]);
    await expect(caller.value(create, {}, { idempotencyKey })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect(sent).toEqual([]);
  });
});

describe('a list', () => {
  const pageOf = (items: number[], next_cursor: string | null) =>
    succeeds(items, { pagination: { limit: items.length, has_more: next_cursor !== null, next_cursor } });
  const pages = [pageOf([1, 2], 'c1'), pageOf([3], 'c2'), pageOf([], 'c3'), pageOf([4, 5], null)];
  const queries = (sent: Sent[]) => sent.map(({ url }) => url.split('?')[1]);

  test('gives one page with what is needed for the next', async () => {
    const { caller, sent } = callScripted(pages);
    expect(await caller.page(list, { status: 'active' })).toEqual({
      items: [1, 2],
      pagination: { limit: 2, has_more: true, next_cursor: 'c1' },
    });
    expect(queries(sent)).toEqual(['status=active']);
  });

  test('gives all items of all pages, empty ones in between too, with the same filters', async () => {
    const { caller, sent } = callScripted(pages);
    expect(await collect(caller.iterate(list, { status: 'active' }))).toEqual([1, 2, 3, 4, 5]);
    expect(queries(sent)).toEqual([
      'limit=100&status=active',
      'limit=100&status=active&cursor=c1',
      'limit=100&status=active&cursor=c2',
      'limit=100&status=active&cursor=c3',
    ]);
  });

  test('fetches no page before it is needed, and none after the reader has enough', async () => {
    const { caller, sent } = callScripted(pages);
    const items = caller.iterate(list, { limit: 2 });
    expect(sent).toHaveLength(0);
    for await (const item of items) {
      expect(sent).toHaveLength(item === 3 ? 2 : 1);
      if (item === 3) break;
    }
    expect(queries(sent)).toEqual(['limit=2', 'limit=2&cursor=c1']);
  });

  test('goes on where a failed page was, without losing or doubling an item', async () => {
    const [first, second, third, last] = pages;
    const busy = refuses(500, 'INTERNAL_ERROR');
    const replies = [first, 'fails', second, busy, third, last].filter((reply) => reply !== undefined);
    const { caller, time } = callScripted(replies as Parameters<typeof callScripted>[0]);
    const { result } = await time.settle(collect(caller.iterate(list, {})));
    expect(result).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('a stream', () => {
  const csv = { headers: { 'content-type': 'text/csv; charset=utf-8' } };
  const streaming =
    (...parts: (Uint8Array | Error)[]) =>
    () => {
      const left = [...parts];
      const cancel = () => void left.splice(0);
      const pull = (controller: ReadableStreamDefaultController) => {
        const part = left.shift();
        if (part instanceof Error) controller.error(part);
        else if (part) controller.enqueue(part);
        else controller.close();
      };
      return new Response(new ReadableStream({ pull, cancel }, { highWaterMark: 0 }), csv);
    };
  const bytes = (text: string) => new TextEncoder().encode(text);

  test('comes piece by piece, and no character is torn', async () => {
    const [key, rest] = [bytes('id,🔑').slice(0, 5), bytes('id,🔑').slice(5)];
    const { caller } = callScripted([streaming(key, rest, bytes('\r\n1,2'))]);
    const pieces = await collect(caller.stream(exportAll, {}));
    expect(pieces.join('')).toBe('id,🔑\r\n1,2');
    expect(pieces.length).toBeGreaterThan(1);
  });

  test('is not asked for before somebody reads it', async () => {
    const { caller, sent } = callScripted([streaming()]);
    const stream = caller.stream(exportAll, {});
    expect(sent).toHaveLength(0);
    expect(await collect(stream)).toEqual([]);
    expect(sent).toHaveLength(1);
  });

  test('is asked for again until it begins, and then no more: a second beginning would double rows', async () => {
    const broken = streaming(bytes('id\r\n1\r\n'), new TypeError('terminated'));
    const { caller, sent, time } = callScripted(['fails', broken]);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const piece of caller.stream(exportAll, {})) seen.push(piece);
    })();
    expect((await time.settle(reading)).error).toMatchObject({ code: 'NETWORK_ERROR' });
    expect(seen).toEqual(['id\r\n1\r\n']);
    expect(sent).toHaveLength(2);
  });

  test('ends with the code of a refusal', async () => {
    const { caller } = callScripted([refuses(403, 'PERMISSION_DENIED')]);
    await expect(collect(caller.stream(exportAll, {}))).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });

  test('may take as long as it likes while something comes, and ends when nothing does', async () => {
    let pulls = 0;
    const slow = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            pulls += 1;
            return pulls < 4 ? controller.enqueue(bytes(`${pulls}`)) : new Promise(() => {});
          },
        }),
        csv,
      );
    const { caller, time } = callScripted([slow]);
    const { error, waitsMs } = await time.settle(collect(caller.stream(exportAll, {})));
    expect(error).toMatchObject({ code: 'TIMEOUT' });
    expect(waitsMs).toEqual([30_000]);
  });

  test('is let go when the reader has enough', async () => {
    let isCancelled = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(bytes('1\r\n')),
          cancel: () => {
            isCancelled = true;
          },
        }),
        csv,
      );
    const { caller } = callScripted([endless]);
    for await (const _piece of caller.stream(exportAll, {})) break;
    expect(isCancelled).toBe(true);
  });
});

describe('a file', () => {
  const pdf = {
    name: 'billing.invoices.pdf',
    method: 'GET',
    path: '/billing/invoices/{invoiceId}/pdf',
  } as const;
  const gives = (type: string) => () => new Response('%PDF-1.7', { headers: { 'content-type': type } });

  test('comes whole, with its type', async () => {
    const { caller } = callScripted([gives('application/pdf')]);
    const file = await caller.file(pdf, { invoiceId: 'inv_1' });
    expect([file.type, await file.text()]).toEqual(['application/pdf', '%PDF-1.7']);
  });

  test('that is none is not passed off as one', async () => {
    const { caller } = callScripted([gives('application/json')]);
    await expect(caller.file(pdf, { invoiceId: 'inv_1' })).rejects.toMatchObject({
      code: 'UNTRUSTED_ANSWER',
    });
  });

  test('that is refused ends with the code of the refusal', async () => {
    const { caller } = callScripted([refuses(404, 'RESOURCE_NOT_FOUND')]);
    await expect(caller.file(pdf, { invoiceId: 'inv_1' })).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
    });
  });
});
