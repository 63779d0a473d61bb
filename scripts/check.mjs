// `npm run check`: everything that can be known without running the server. Each step is an npm script of its own.
import { availableParallelism } from 'node:os';
import { runNpm } from './processes.mjs';
import { ensureInstalled } from './setup.mjs';

const steps = [
  { name: 'types' },
  { name: 'style' },
  // Without its parser it would find no file, and so nothing wrong.
  { name: 'layers', mustSay: /\([1-9]\d* modules/ },
  { name: 'dead-code' },
  { name: 'openapi' },
  { name: 'openapi-rules' },
  { name: 'sdk' },
  { name: 'house' },
];

await ensureInstalled();

const failed = [];
const waiting = [...steps];
const workers = Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
  for (let step = waiting.shift(); step; step = waiting.shift()) await check(step);
});
await Promise.all(workers);

if (failed.length === 0) console.log(`All ${steps.length} checks passed.`);
else console.log(`${failed.length} of ${steps.length} checks failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function check({ name, mustSay }) {
  const start = performance.now();
  const { code, output } = await runNpm(['run', '--silent', `check:${name}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const isWell = code === 0 && (!mustSay || mustSay.test(output));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${isWell ? 'ok    ' : 'FAILED'} ${name.padEnd(13)} ${seconds} s`);
  if (isWell) return;
  failed.push(name);
  console.log(
    `${output.trimEnd()}\n  ${code === 0 ? 'It looked at nothing.' : `Alone: npm run check:${name}`}\n`,
  );
}
