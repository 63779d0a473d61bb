import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  createWebhookEndpoint,
  eventBody,
  eventCatalogue,
  eventTypes,
  exampleEvent,
  type ProcedureContract,
} from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config/config.ts';
import { type AttemptError, attemptsMax, nextAttemptAt } from '../../src/modules/webhooks/delivery.ts';
import {
  createAddressGuard,
  createWebhookSender,
  newWebhookSecret,
  signedHeaders,
} from '../../src/modules/webhooks/index.ts';
import { systemClock } from '../../src/platform/clock.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/webhooks.md'), 'utf8');

/** The rows of the table whose heading row begins so, cell by cell. */
function table(begin: string, nth = 0): string[][] {
  const rows = [...page.matchAll(/(?:^\|.*\n)+/gm)]
    .map(([text]) => text.trimEnd().split('\n'))
    .filter(([heading]) => heading?.startsWith(`| ${begin} |`))[nth];
  if (!rows) throw new Error(`There is no table that begins with "${begin}".`);
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
const codesIn = (text = ''): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
const firstCodes = (rows: string[][]): string[] => rows.flatMap(([cell]) => codesIn(cell));

describe('webhooks.md', () => {
  it('has every event and when it is sent', () => {
    expect(table('type').map(([type, when]) => [...codesIn(type), when])).toEqual(
      eventTypes.map((type) => [type, eventCatalogue[type].description]),
    );
  });

  it('shows an event as the contract has it, and names every field of it', () => {
    const [, json = ''] = page.match(/```json event\n([\s\S]*?)```/) ?? [];
    expect(JSON.parse(json)).toEqual(exampleEvent('license.activated'));
    const fields = Object.keys(eventBody('license.activated').shape);
    expect(firstCodes(table('field', 1)).sort()).toEqual(fields.sort());
  });

  it('names what the data of every event holds', () => {
    const rows = table('events').map(([types, data]) => ({ types: codesIn(types), data: codesIn(data) }));
    const ofLicense = rows[0]?.data ?? [];
    for (const type of eventTypes) {
      const row = rows.find(
        ({ types }) => types.includes(type) || types.includes(type.replace(/\..*/, '.*')),
      );
      const named = row?.data.includes('device_id') ? [...ofLicense, ...row.data] : row?.data;
      expect(named?.sort(), type).toEqual(Object.keys(exampleEvent(type).data).sort());
    }
  });

  it('names every header that arrives', async () => {
    let arrived: IncomingHttpHeaders = {};
    const server = createServer((request, response) => {
      arrived = request.headers;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const guard = createAddressGuard({ allowedNetworks: ['127.0.0.0/8'], allowHttp: true });
    const sender = createWebhookSender({ guard, clock: systemClock });
    const delivery = { id: 'evt_1', type: 'license.created', body: '{}', attempt: 1, sent_at: Date.now() };
    const { port } = server.address() as AddressInfo;
    await sender.send(
      `http://127.0.0.1:${port}/`,
      signedHeaders([newWebhookSecret()], delivery),
      delivery.body,
    );
    await sender.close();
    await new Promise((resolve) => server.close(resolve));

    const ofEveryRequest = ['host', 'connection', 'content-length'];
    const named = firstCodes(table('header')).map((name) => name.toLowerCase());
    expect(named.sort()).toEqual(
      Object.keys(arrived)
        .filter((name) => !ofEveryRequest.includes(name))
        .sort(),
    );
    for (const [header, value] of table('header').slice(0, 2))
      expect(codesIn(value)).toEqual([arrived[codesIn(header)[0]?.toLowerCase() ?? '']]);
  });

  it('has every field of a new endpoint, and says which are required', () => {
    const { input } = createWebhookEndpoint as unknown as ProcedureContract;
    const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
    const rows = table('field');
    expect(firstCodes(rows).sort()).toEqual(Object.keys(schema.properties ?? {}).sort());
    const required = rows.filter(([, meaning]) => meaning?.startsWith('Required.'));
    expect(firstCodes(required)).toEqual(schema.required);
  });

  it('has the waits between all attempts', () => {
    const units = { second: 1, minute: 60, hour: 3600 } as const;
    const waits = table('attempt').map(([attempt, wait = '']) => {
      const [, count, unit] = wait.match(/^(\d+) (second|minute|hour)s$/) ?? [];
      const seconds = unit ? Number(count) * units[unit as keyof typeof units] : 0;
      return [Number(attempt), seconds];
    });
    const plan = { now: 0, random: 0.5, askedMs: null };
    expect(waits).toEqual(
      Array.from({ length: attemptsMax }, (_, made) => [made + 1, (nextAttemptAt(made, plan) ?? 0) / 1000]),
    );
    expect(nextAttemptAt(attemptsMax, plan)).toBeNull();
  });

  it('has every error of an attempt', () => {
    const errors = {
      ...{ status: true, redirect: true, timeout: true, connection: true },
      ...{ dns: true, tls: true, address_refused: true, invalid_answer: true },
    } satisfies Record<AttemptError, true>;
    expect(firstCodes(table('error'))).toEqual(Object.keys(errors));
  });

  it('what it says is refused is refused, and what a setting allows is allowed', () => {
    const usual = readConfig({});
    const strict = createAddressGuard({
      allowedNetworks: usual.webhookAllowedNetworks,
      allowHttp: usual.webhookAllowHttp,
    });
    const urls = table('refused').flat().flatMap(codesIn);
    expect(urls.length).toBeGreaterThan(10);
    for (const url of urls) expect([url, strict.faultOf(url)]).toEqual([url, expect.any(String)]);
    expect(strict.faultOf('https://hooks.example.com/')).toBeNull();

    const settings = Object.fromEntries(
      [...page.matchAll(/^(WEBHOOK_\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    const opened = readConfig(settings);
    const guard = createAddressGuard({
      allowedNetworks: opened.webhookAllowedNetworks,
      allowHttp: opened.webhookAllowHttp,
    });
    for (const url of ['http://10.1.2.3/', 'http://[fd00:12::1]/', 'http://hooks.example.com/'])
      expect([url, guard.faultOf(url)]).toEqual([url, null]);
    for (const url of ['http://10.2.0.1/', 'http://[fd00:13::1]/', 'http://127.0.0.1/'])
      expect(guard.faultOf(url)).not.toBeNull();
  });
});
