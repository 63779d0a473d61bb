// A receiver of webhooks: answers at once on `/fast`, after 15 s on `/sleepy`, and tells on `/seen` how long events took.
// Prints its address as one line of JSON.
import { createServer } from 'node:http';

const sleepMs = 15_000;
let lags: number[] = [];

const server = createServer((request, response) => {
  if (request.url === '/seen') {
    const sorted = lags.toSorted((a, b) => a - b);
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    response.end(JSON.stringify({ count: sorted.length, p50: at(0.5), p99: at(0.99) }));
    return;
  }
  if (request.url === '/forget') lags = [];
  let text = '';
  request.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  request.on('end', () => {
    if (request.url === '/sleepy') return void setTimeout(() => response.end(), sleepMs).unref();
    if (request.url === '/fast') lags.push(Date.now() - Date.parse(JSON.parse(text).created_at));
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
