// SPDX-License-Identifier: Apache-2.0
/** A diagnosis as it reads in a terminal: the worst first, each with what to do; then in a few lines what is well. */
import type { Diagnosis } from '../engine/doctor/diagnosis.js';
import type { Finding, Severity } from '../engine/doctor/finding.js';
import type { HealthStatusName } from '../model/status.js';
import { ageText, counted, type Paint, plain } from './text.js';

/** Columns of a line; the longest sentences fill three. */
const LINE_LENGTH = 100;

const MARKS: Readonly<Record<Severity, string>> = { error: '✖', warning: '!', notice: '·' };

/** Coloured like the statuses that are as bad. */
const COLOURS: Readonly<Record<Severity, HealthStatusName>> = {
  error: 'unhealthy',
  warning: 'maybe_unhealthy',
  notice: 'pending',
};

export function diagnosisText({ engine, lately, findings, well, unknown }: Diagnosis, paint: Paint): string {
  const { uptimeMs, otlpGrpc, otlpHttp, isReady } = engine;
  const head = isReady
    ? `engine up for ${ageText(uptimeMs)}, takes spans on ${otlpGrpc} (gRPC) and ${otlpHttp} (HTTP)`
    : `engine up for ${ageText(uptimeMs)}, not ready`;
  const seen = `in the last ${ageText(lately.windowMs)}: ${counted(lately.spans, 'span')}, ${counted(lately.services, 'service')}`;
  const blocks = [`${plain(head)}\n${seen}`, ...findings.map((finding) => findingText(finding, paint))];
  if (well.length > 0) {
    blocks.push(well.map(({ what }) => `${paint.status('healthy', '✔')} ${plain(what)}`).join('\n'));
  }
  if (unknown.length > 0) {
    blocks.push(paint.dim(folded(`not looked at, for want of what it takes: ${plain(unknown.join(', '))}`, '')));
  }
  return [...blocks, summary(findings)].join('\n\n');
}

function findingText({ code, severity, what, why, fix, examples }: Finding, paint: Paint): string {
  const mark = paint.status(COLOURS[severity], `${MARKS[severity]} ${severity}`);
  return [
    `${mark}  ${plain(code)}`,
    folded(plain(what), '  '),
    ...examples.map((example) => folded(`- ${plain(example)}`, '    ', '      ')),
    folded(`Why it matters: ${plain(why)}`, '  '),
    folded(`What to do: ${plain(fix)}`, '  '),
  ].join('\n');
}

function summary(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'Nothing is wrong.';
  const tally = (['error', 'warning', 'notice'] as const)
    .map((severity) => ({ severity, count: findings.filter((each) => each.severity === severity).length }))
    .filter(({ count }) => count > 0);
  return tally.map(({ severity, count }) => counted(count, severity)).join(', ');
}

/** Broken between words into lines that begin with `indent`, from the second on with `hanging`. A long word stays whole. */
function folded(text: string, indent: string, hanging: string = indent): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && hanging.length + line.length + 1 + word.length > LINE_LENGTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each, index) => (index === 0 ? indent : hanging) + each).join('\n');
}
