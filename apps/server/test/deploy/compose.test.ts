import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/config.ts';

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly pull_policy?: string;
  readonly environment?: Record<string, string>;
  readonly ports?: string[];
  readonly volumes?: string[];
  readonly networks: string[];
  readonly depends_on?: Record<string, { condition: string }> | string[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: unknown;
}
interface Compose {
  readonly services: Record<string, Service>;
  readonly volumes: Record<string, unknown>;
  readonly networks: Record<string, { internal?: boolean } | null>;
}

const folder = join(import.meta.dirname, '../../deploy');
const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const { services, volumes, networks } = parse(read('compose.yaml'), { merge: true }) as Compose;
const serviceOf = (name: string): Service => {
  const service = services[name];
  if (!service) throw new Error(`There is no service ${name}.`);
  return service;
};
const nodes = [serviceOf('server-1'), serviceOf('server-2')];
const all = Object.entries(services);

describe('compose.yaml', () => {
  it('starts two nodes, a database, a store for rate limits, and a proxy', () => {
    expect(Object.keys(services)).toEqual(['server-1', 'server-2', 'postgres', 'valkey', 'proxy']);
  });

  it('names images by their major version, and builds its own', () => {
    for (const [name, { image }] of all.filter(([, { build }]) => !build))
      expect([name, image]).toEqual([name, expect.stringMatching(/^[\w/-]+:\d+$/)]);
    for (const { build, pull_policy } of nodes) {
      expect(pull_policy).toBe('build');
      const dockerfile = join(folder, build?.context ?? '', build?.dockerfile ?? '');
      expect(readFileSync(dockerfile, 'utf8')).toContain('FROM node:');
    }
  });

  it('uses the volumes, networks and services that it declares, and declares none in vain', () => {
    const used = all
      .flatMap(([, service]) => service.volumes ?? [])
      .map((volume) => volume.split(':')[0] ?? '');
    expect([...new Set(used.filter((name) => !name.startsWith('./')))].sort()).toEqual(
      Object.keys(volumes).sort(),
    );
    for (const file of used.filter((name) => name.startsWith('./'))) expect(read(file)).not.toBe('');
    expect([...new Set(all.flatMap(([, service]) => service.networks))].sort()).toEqual(
      Object.keys(networks).sort(),
    );
    for (const [, { depends_on = [] }] of all) {
      const names = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on);
      for (const name of names) expect(Object.keys(services)).toContain(name);
    }
  });

  it('waits for what can say that it is well', () => {
    for (const [, { depends_on = {} }] of all) {
      if (Array.isArray(depends_on)) continue;
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(condition).toBe('service_healthy');
        // The nodes' is in their image.
        expect(name.startsWith('server-') || serviceOf(name).healthcheck !== undefined).toBe(true);
      }
    }
  });

  it('shows the proxy alone to the world, and hides the database from all but the nodes', () => {
    expect(all.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['proxy']);
    expect(networks['back']).toEqual({ internal: true });
    for (const name of ['postgres', 'valkey']) expect(serviceOf(name).networks).toEqual(['back']);
    expect(serviceOf('proxy').networks).toEqual(['front']);
  });

  it('holds no secret: passwords come from outside, and a start without them says so', () => {
    const text = read('compose.yaml');
    for (const [, value = ''] of text.matchAll(/PASSWORD: (.*)/g))
      expect(value).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
    expect(text).not.toMatch(/:\/\/\w+:(?!\$\{)[^@\s]+@/);
  });

  it('gives the nodes settings that the server takes, the same keys, and time to finish', () => {
    for (const { environment = {}, volumes: mounted, stop_grace_period } of nodes) {
      const password = environment['DATABASE_URL']?.replace(/\$\{[^}]*\}/, 'abc123');
      const config = readConfig({ ...environment, DATABASE_URL: password });
      expect(config).toMatchObject({
        databaseUrl: 'postgres://thrive:abc123@postgres:5432/thrive',
        rateLimitStore: 'redis',
        redisUrl: 'redis://valkey:6379',
      });
      const known = readFileSync(join(folder, '../src/config/config.ts'), 'utf8');
      for (const name of Object.keys(environment)) expect(known).toContain(`  ${name}: z`);
      expect(mounted).toEqual(['keys:/var/lib/thrive']);
      expect(Number.parseInt(stop_grace_period ?? '', 10)).toBeGreaterThan(drainSeconds());
    }
  });
});

describe.each(['nginx.conf', 'Caddyfile'])('the proxy of %s', (file) => {
  const text = read(file).replaceAll(/^\s*#.*$/gm, '');

  it('sends any request to any node', () => {
    expect(text).toContain('least_conn');
    expect(text).not.toMatch(/ip_hash|sticky|hash \$|lb_policy (?:ip|cookie|header)/);
  });

  it('keeps figures and checks for those who run it, and does not let callers decide what is traced', () => {
    for (const path of ['/metrics', '/healthz', '/readyz']) expect(text).toContain(path);
    expect(text).toMatch(/traceparent/);
    expect(text).not.toMatch(/log_format|\$http_authorization/);
  });

  it('opens and closes its brackets', () => {
    expect(text.split('{').length).toBe(text.split('}').length);
  });
});

/** What the server itself allows running requests. */
function drainSeconds(): number {
  const main = readFileSync(join(folder, '../src/main.ts'), 'utf8');
  const [, ms = ''] = main.match(/const drainMs = ([\d_]+);/) ?? [];
  return Number(ms.replaceAll('_', '')) / 1_000;
}
