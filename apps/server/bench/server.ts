import { type Started, startScript } from './processes.ts';

export interface StartLine {
  base_url: string;
  admin_key: string;
  channel_key: string;
  product_id: string;
  license_key: string;
}

/** A server as an operator runs it, that may send webhooks to this machine. */
export const startServer = (dataDir: string, env: Record<string, string> = {}): Promise<Started<StartLine>> =>
  startScript<StartLine>('../src/main.ts', ['--json'], {
    ...{ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error' },
    ...{ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8', ...env },
  });

/** @throws {Error} unless it is answered well. */
export async function post(url: string, key: string, body: unknown): Promise<{ data: { key: string } }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return (await response.json()) as { data: { key: string } };
}
