// SPDX-License-Identifier: Apache-2.0
/**
 * Whether anything that we ship has a known fault of severity high or more, by `npm audit`. A registry that has no such
 * answers (some mirrors have not) has found nothing and cleared nothing: that is said, and is no failure. Any other trouble is.
 */
import { spawnSync } from 'node:child_process';

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--json'], {
  encoding: 'utf8',
  timeout: 120_000,
});
let report;
try {
  report = JSON.parse(stdout);
} catch {
  report = undefined;
}
const counts = report?.metadata?.vulnerabilities;
if (counts === undefined) {
  const isUnanswered = [404, 405, 501].includes(report?.statusCode);
  console.log(`NOT AUDITED: ${report?.message ?? stderr.trim()}`);
  if (isUnanswered) console.log('The registry answers no audits; run this where one does before a release.');
  else process.exitCode = 1;
} else {
  const { total, high, critical } = counts;
  console.log(
    `${report.metadata.dependencies.prod} packages are shipped; known faults: ${total}, of these high or critical: ${high + critical}`,
  );
  for (const { name, severity, range, via } of Object.values(report.vulnerabilities)) {
    console.log(`  ${severity}  ${name} ${range}: ${via.map((each) => each.title ?? each).join('; ')}`);
  }
  if (high + critical > 0) process.exitCode = 1;
}
