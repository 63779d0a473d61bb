import type { PublicJwk } from '@thrivetech/lease';
import { startRealServer } from '../support/server-process.ts';
import type { LicenseFields, Target } from './target.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The real server, in a process of its own. */
export async function serverTarget(): Promise<Target> {
  const server = await startRealServer();
  const { now } = server;
  const iso = (epochMs: number) => new Date(epochMs).toISOString();

  const product = async (license_defaults: object) =>
    (await server.admin<{ id: string }>('POST', '/products', { name: 'Product', license_defaults })).id;
  const productId = await product({ trial_days: 14 });
  const productWithoutTrial = await product({ trial_days: null });
  const change = (id: string, fields: object) => server.admin('PUT', `/licenses/${id}`, fields);
  const act = (id: string, action: string) => server.admin('POST', `/licenses/${id}/${action}`, {});

  return {
    baseUrl: server.baseUrl,
    fetch,
    channelKey: server.channelKey,
    rootKeys: server.rootKeys as readonly PublicJwk[],
    productId,
    productWithoutTrial,
    async license(fields: LicenseFields = {}) {
      const { type, deviceLimit, features, startsAt, durationDays, graceDays, fromFirstActivation } = fields;
      const product_id = fromFirstActivation
        ? await product({ expiry_basis: 'first_activation' })
        : productId;
      const body = {
        product_id,
        type,
        device_limit: deviceLimit,
        features,
        starts_at: startsAt?.toISOString(),
        duration_days: durationDays,
        grace_days: graceDays,
      };
      const made = await server.admin<{ id: string; key: string }>('POST', '/licenses', body);
      return { ...made, productId: product_id };
    },
    revoke: async (id) => void (await act(id, 'revoke')),
    suspend: async (id) => void (await act(id, 'suspend')),
    reinstate: async (id) => void (await act(id, 'reinstate')),
    async expire(id) {
      const ended = { starts_at: iso(now() - 2 * dayMs), expires_at: iso(now() - dayMs), grace_days: 0 };
      await change(id, ended);
    },
    async enterGrace(id) {
      await change(id, { starts_at: iso(now() - dayMs), expires_at: iso(now() - hourMs) });
    },
    setLimit: async (id, device_limit) => void (await change(id, { device_limit })),
    rotateKey: async (id) =>
      (await server.admin<{ key: string }>('POST', `/licenses/${id}/rotate-key`, {})).key,
    removeDevice: async (id, deviceId) =>
      void (await server.admin('DELETE', `/licenses/${id}/devices/${deviceId}`)),
    async issueFile(id, request, { leaseDays, replaceDeviceId } = {}) {
      const body = { request, lease_days: leaseDays, replace_device_id: replaceDeviceId };
      type Issued = { file: Awaited<ReturnType<Target['issueFile']>> };
      return (await server.admin<Issued>('POST', `/licenses/${id}/license-file`, body)).file;
    },
    rotateSigningKey: async () => void (await server.thrive('signing-key', 'rotate')),
    passTime: (ms) => server.comeBack(now() + ms),
    close: () => server.remove(),
  };
}
