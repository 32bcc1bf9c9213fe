// Adds up the reports of several test runs: node summary.mjs <status of all checks> <report> ...
import { readFileSync } from 'node:fs';

const [status, ...files] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    console.log(`The tests did not run: no report ${file}`);
    total.failed += 1;
    continue;
  }
  total.passed += report.numPassedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  // A file that cannot be loaded has no failed test.
  const broken = report.testResults.filter(
    ({ status: outcome, assertionResults }) =>
      outcome === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  total.failed += report.numFailedTests + broken.length;
  for (const { name, message } of broken) console.log(`Failed: ${name}: ${message}`);
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  for (const { fullName, failureMessages } of tests.filter((test) => test.status === 'failed'))
    console.log(
      `Failed: ${fullName}: ${failureMessages.map((text) => text.split('\n').slice(0, 4).join(' ')).join(' / ')}`,
    );
  // A test that failed before it passed keeps the message of the failure.
  const flaky = tests.filter((test) => test.status === 'passed' && test.failureMessages.length > 0);
  for (const { fullName, failureMessages } of flaky)
    console.log(`Flaky: ${fullName}: ${failureMessages[0].split('\n')[0]}`);
  const skipped = tests.filter((test) => test.status === 'skipped' || test.status === 'pending');
  for (const suite of new Set(skipped.map(({ ancestorTitles, title }) => ancestorTitles[0] ?? title)))
    console.log(`Skipped: ${suite}`);
}
if (status !== '0' && total.failed === 0) {
  console.log('Failed: a check that is no test');
  total.failed = 1;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
