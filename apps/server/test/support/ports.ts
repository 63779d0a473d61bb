import { type AddressInfo, createServer } from 'node:net';

/** Waits until a server that is stopping takes no new connection. */
export async function refusesNewcomers(base_url: string): Promise<void> {
  for (;;) {
    const isOpen = await fetch(`${base_url}/healthz`, { headers: { connection: 'close' } }).then(
      () => true,
      () => false,
    );
    if (!isOpen) return;
  }
}

/** Holds a port of this machine while something tries to use it. */
export async function withTakenPort<T>(use: (port: number) => Promise<T>): Promise<T> {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  try {
    return await use((holder.address() as AddressInfo).port);
  } finally {
    await new Promise((resolve) => holder.close(resolve));
  }
}
