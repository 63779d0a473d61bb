import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { registerMetrics } from '../../src/http/metrics.ts';
import { createMetrics } from '../../src/platform/metrics.ts';

interface Dashboard {
  readonly templating: { readonly list: { readonly query: string | { readonly query: string } }[] };
  readonly panels: { readonly title: string; readonly targets: { readonly expr: string }[] }[];
}
const text = readFileSync(join(import.meta.dirname, '../../deploy/grafana-dashboard.json'), 'utf8');
const dashboard = JSON.parse(text) as Dashboard;
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const variables = dashboard.templating.list.map(({ query }) =>
  typeof query === 'string' ? '' : query.query,
);

/** What belongs to the language, or to Prometheus itself, and not to us. */
const words = /^(?:sum|max|count|rate|increase|histogram_quantile|topk|vector|by|or|label_values|instance)$/;

/** Metrics of an expression, each with the labels that are asked of it. */
function metricsOf(expression: string): { name: string; labels: string[] }[] {
  const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, ?/));
  const bare = expression.replaceAll(/by \([^)]*\)|"[^"]*"|\[[^\]]*\]/g, '');
  return [...bare.matchAll(/([a-z][a-z_]+)(?:\{([^}]*)\})?/g)]
    .map(([, name = '', selected = '']) => ({ name, selected }))
    .filter(({ name }) => !words.test(name))
    .map(({ name, selected }) => ({
      name,
      labels: [...grouped, ...[...selected.matchAll(/(\w+)[=!]~?/g)].map(([, label = '']) => label)],
    }));
}

/** All that `/metrics` shows once everything has happened, by name, each with its labels. */
async function exposed(): Promise<Map<string, Set<string>>> {
  const app = Fastify();
  const metrics = createMetrics();
  registerMetrics(app, metrics.registry);
  metrics.showFloatingSeats({ running: 1, lapsed: 1 });
  metrics.jobs.began('webhooks.deliver', 1);
  metrics.jobs.ended('webhooks.deliver', 'done');
  metrics.showJobs(async () => [{ kind: 'webhooks.deliver', waiting: 1, dead: 1 }]);
  await app.inject('/metrics');
  const shown = (await app.inject('/metrics')).body;
  await app.close();
  const labelsOf = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of shown.matchAll(/^([a-z]\w*)(?:\{(.*)\})? \S+$/gm)) {
    const known = labelsOf.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    labelsOf.set(name, known);
  }
  return labelsOf;
}

it('the dashboard shows requests, time, refusals, jobs, webhooks and memory', () => {
  expect(dashboard.panels.map(({ title }) => title)).toEqual(
    expect.arrayContaining([
      ...['Requests', 'Time to answer', 'Refusals', 'Jobs that wait', 'Dead jobs'],
      ...['Webhooks: how late', 'Memory'],
    ]),
  );
  expect(expressions.length).toBeGreaterThanOrEqual(dashboard.panels.length);
  for (const expression of expressions) expect(metricsOf(expression), expression).not.toEqual([]);
});

it('every metric that it names is one that the server shows, with the labels that it asks for', async () => {
  const labelsOf = await exposed();
  for (const { name, labels } of [...expressions, ...variables].flatMap(metricsOf)) {
    expect([...labelsOf.keys()], name).toContain(name);
    // Prometheus adds the node itself.
    const here = [...(labelsOf.get(name) ?? []), 'instance'];
    expect(here, `labels of ${name}`).toEqual(expect.arrayContaining(labels));
  }
});

it('its panels do not lie upon each other', () => {
  const { panels } = JSON.parse(text) as {
    panels: { gridPos: { x: number; y: number; w: number; h: number } }[];
  };
  const taken = new Set<string>();
  for (const { gridPos } of panels)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(x).toBeLessThan(24);
        expect(taken).not.toContain(`${x}/${y}`);
        taken.add(`${x}/${y}`);
      }
});
