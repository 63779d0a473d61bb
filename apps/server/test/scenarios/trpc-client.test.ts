import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { AppRouter } from '../../src/app-router.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { useServer } from '../support/test-server.ts';

describe("tRPC's own client", () => {
  const server = useServer('sqlite');
  let vendor: Vendor;
  const clientOf = (key: string) =>
    createTRPCClient<AppRouter>({
      links: [httpBatchLink({ url: `${server.baseUrl}/trpc`, headers: { authorization: `Bearer ${key}` } })],
    });
  beforeAll(async () => {
    vendor = await createVendor(server);
  });

  it('knows every procedure with the types of its contract', async () => {
    const client = clientOf(vendor.admin);
    const product = await client.products.create.mutate({ name: 'Photo Studio' });
    const license = await client.licenses.create.mutate({ product_id: product.id, device_limit: 2 });
    expectTypeOf(license.devices_used).toEqualTypeOf<number>();
    const activation = await clientOf(vendor.channel).activations.activate.mutate({
      license_key: license.key,
      device: machine(),
    });
    expect(activation.result).toBe('activated');
    const page = await client.licenses.devices.list.query({ licenseId: license.id });
    expect(page.items.map(({ id }) => id)).toEqual([activation.device.id]);
  });

  it('sends calls of one moment as one request, and each succeeds or fails alone', async () => {
    const client = clientOf(vendor.admin);
    const [good, bad] = await Promise.allSettled([
      client.products.list.query({}),
      client.products.get.query({ productId: 'prd_unknown' }),
    ]);
    expect(good.status).toBe('fulfilled');
    expect(bad.status).toBe('rejected');
  });

  it('is told the code of the catalogue and the request id', async () => {
    const error = await clientOf(vendor.read_only)
      .products.create.mutate({ name: 'Refused' })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TRPCClientError);
    const { data } = error as TRPCClientError<AppRouter>;
    expect(data).toMatchObject({ error: { code: 'PERMISSION_DENIED' }, httpStatus: 403 });
    expect(data?.request_id).toMatch(/^req_/);
  });
});
