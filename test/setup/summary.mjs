// Counts vitest's report for CI. Prints `N passed, N failed, N skipped` as its last line; exit code 1 unless all is well.
import { readFileSync } from 'node:fs';

const report = read(process.argv[2] ?? 'test-results/report.json');
const tests = report.testResults.flatMap((file) => file.assertionResults);
const count = (...states) => tests.filter(({ status }) => states.includes(status)).length;
const passed = count('passed');
// A file that could not even be loaded has no tests to count, and is a failure all the same.
const broken = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
);
const failed = count('failed') + broken.length;
const skipped = count('skipped', 'pending', 'todo', 'disabled');

for (const { name, message } of broken) console.log(`failed to load: ${name}: ${message}`);
if (skipped > 0) {
  console.log('skipped:');
  for (const { status, fullName } of tests)
    if (status !== 'passed' && status !== 'failed') console.log(`  ${fullName}`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
// In CI a test that its machine cannot run is a hole in the net.
if (failed > 0 || passed === 0 || (skipped > 0 && process.env.CI === 'true')) process.exitCode = 1;

function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { testResults: [] };
  }
}
