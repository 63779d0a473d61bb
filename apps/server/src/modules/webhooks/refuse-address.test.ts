import { expect, it } from 'vitest';
import { createAddressGuard } from './address-guard.ts';
import { refuseAddress } from './refuse-address.ts';

const guard = createAddressGuard({ allowedNetworks: [], allowHttp: false });

it('a name server that never answers does not keep the caller waiting: the name may be there later', async () => {
  const never = () => new Promise<never>(() => {});
  await expect(refuseAddress(guard, never, 'https://hooks.example.com/')).resolves.toBeUndefined();
});

it('a name that leads inside is refused, also by one of several addresses', async () => {
  const resolve = async () => [
    { address: '8.8.8.8', family: 4 },
    { address: '10.0.0.1', family: 4 },
  ];
  await expect(refuseAddress(guard, resolve, 'https://hooks.example.com/')).rejects.toMatchObject({
    code: 'VALIDATION_ERROR',
  });
});
