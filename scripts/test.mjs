// `npm test`: installs what is missing, runs every test, and says last how many passed and failed.
// Arguments after `--` are vitest's, for instance a part of a file name.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pinnedNode, root, run } from './processes.mjs';
import { ensureInstalled } from './setup.mjs';

await ensureInstalled();

const folder = mkdtempSync(join(tmpdir(), 'thrive-test-'));
const report = join(folder, 'report.json');
const { code } = await run(pinnedNode, [
  join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--config=scripts/vitest.config.ts',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);
const { passed, failed, skipped } = readCounts();
rmSync(folder, { recursive: true, force: true });

console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;

function readCounts() {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    console.log('The test runner ended without a report.');
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const passed = result.numPassedTests;
  const skipped = result.numPendingTests + result.numTodoTests;
  // A file that does not load, or whose set-up fails, has no failed test to count.
  const brokenFiles = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  let failed = result.numFailedTests + brokenFiles.length;
  if (failed === 0 && passed === 0) {
    console.log('No test ran.');
    failed = 1;
  }
  // Vitest also fails for what happens beside the tests, such as a rejection that nobody handled.
  if (failed === 0 && code !== 0) {
    console.log(`Every test passed, but the test runner failed (exit code ${code}); it says why above.`);
    failed = 1;
  }
  return { passed, failed, skipped };
}
