// SPDX-License-Identifier: Apache-2.0
/**
 * A replay as one page that needs nothing beside it: no script, no font, no request. Pure. Everything from the recording is escaped: a
 * span may call itself `<script>`.
 */
import type { Replayed, ReplayedState } from '../../engine/replay.js';
import { withoutControls } from '../../model/control-characters.js';
import { statusName } from '../../model/status.js';
import { ageText } from '../text.js';
import { isIll } from './state-line.js';
import type { Spell } from './summary.js';

/** Changes on the page; a recording of a day has hundreds of thousands, which no browser shows well. The first ones stand for all. */
const CHANGES_MAX = 5000;

/** Subjects with a lane of their own: those that were ill for longest. */
const LANES_MAX = 200;

export interface Report {
  readonly paths: readonly string[];
  readonly judge: string;
  readonly replayed: Replayed;
  readonly states: readonly ReplayedState[];
  readonly spells: readonly Spell[];
}

export function reportHtml(report: Report): string {
  const { paths, judge, replayed, states, spells } = report;
  const { firstMs, lastMs, counts, requestCount } = replayed;
  const title = `Panorama: ${paths.join(', ')}`;
  const facts = [
    ['recording', paths.join(', ')],
    ['from', timeText(firstMs)],
    ['to', `${timeText(lastMs)} (${ageText(lastMs - firstMs)})`],
    ['judge', judge],
    ['spans', `${counts.spans.toLocaleString('en-US')} in ${requestCount.toLocaleString('en-US')} requests`],
    ['ill', `${new Set(spells.map(nameOf)).size} of ${new Set(states.map(nameOf)).size} subjects`],
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<main>
<h1>What was wrong, with whom, by whose fault</h1>
<dl>${facts.map(([name = '', value = '']) => `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>
${spells.length === 0 ? '<p>Nothing was wrong with anybody.</p>' : lanesHtml(report)}
${spells.length === 0 ? '' : `<h2>Each time something was wrong</h2>${spellsHtml(spells)}`}
${changesHtml(changesOfIll(states))}
</main>
</html>
`;
}

/** Changes in which something is wrong, or is over. */
function changesOfIll(states: readonly ReplayedState[]): readonly ReplayedState[] {
  const ill = new Set<string>();
  return states.filter((state) => {
    const name = nameOf(state);
    const wasIll = ill.has(name);
    if (isIll(state)) ill.add(name);
    else ill.delete(name);
    return wasIll || isIll(state);
  });
}

/** A lane for each subject that was ill, with its times of illness. */
function lanesHtml({ replayed: { firstMs, lastMs }, spells }: Report): string {
  const lengthMs = Math.max(1, lastMs - firstMs);
  const share = (ms: number) => ((100 * ms) / lengthMs).toFixed(3);
  const lanes = new Map<string, Spell[]>();
  for (const spell of spells) lanes.set(nameOf(spell), [...(lanes.get(nameOf(spell)) ?? []), spell]);
  const illMs = (lane: readonly Spell[]) => lane.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const shown = [...lanes].sort((a, b) => illMs(b[1]) - illMs(a[1])).slice(0, LANES_MAX);
  const rows = shown.map(([name, lane]) => {
    const bars = lane.map(
      (spell) =>
        `<i class="${spell.status}" style="left:${share(spell.fromMs - firstMs)}%;width:max(3px,${share(spell.toMs - spell.fromMs)}%)" title="${escaped(spellText(spell))}"></i>`,
    );
    return `<div class="lane"><span>${escaped(name)}</span><div role="img" aria-label="${escaped(`${lane.length} times ill, ${ageText(illMs(lane))} in all`)}">${bars.join('')}</div></div>`;
  });
  const more = lanes.size > shown.length ? `<p>${lanes.size - shown.length} more were ill for less.</p>` : '';
  return `<h2>When</h2><section class="lanes">${rows.join('\n')}<div class="lane axis"><span></span><div><b>${timeText(firstMs)}</b><b>${timeText(lastMs)}</b></div></div></section>${more}`;
}

function spellsHtml(spells: readonly Spell[]): string {
  const rows = spells.map((spell) => [
    timeText(spell.fromMs),
    `${ageText(spell.toMs - spell.fromMs)}${spell.isOver ? '' : ', to the end'}`,
    nameOf(spell),
    spell.status,
    spell.failure,
    spell.reason,
    spell.culprit === spell.subject ? 'itself' : spell.culprit,
    spell.operations.join(', '),
  ]);
  return tableHtml(['from', 'for', 'subject', 'at worst', 'failure', 'reason', 'culprit', 'operations'], rows);
}

function changesHtml(states: readonly ReplayedState[]): string {
  if (states.length === 0) return '';
  const rows = states
    .slice(0, CHANGES_MAX)
    .map(({ atMs, status, failure, reason, blame, subject, environment }) => [
      timeText(atMs, true),
      nameOf({ subject, environment }),
      statusName(status),
      failure,
      reason,
      blame === undefined || blame === subject ? '' : blame,
    ]);
  const more = states.length > CHANGES_MAX ? `<p>The first ${CHANGES_MAX} of ${states.length}.</p>` : '';
  const head = ['at', 'subject', 'status', 'failure', 'reason', 'culprit'];
  return `<details><summary>Every change (${states.length})</summary>${tableHtml(head, rows)}${more}</details>`;
}

function tableHtml(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]) =>
    row.map((cell) => `<td${STATUSES.has(cell) ? ` class="${cell}"` : ''}>${escaped(cell)}</td>`).join('');
  return `<div class="wide"><table><thead><tr>${head.map((name) => `<th>${name}</th>`).join('')}</tr></thead><tbody>
${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}
</tbody></table></div>`;
}

const STATUSES: ReadonlySet<string> = new Set(['healthy', 'pending', 'maybe_unhealthy', 'unhealthy', 'dying', 'dead']);

function spellText({ fromMs, toMs, status, failure, reason, culprit, subject, operations }: Spell): string {
  const whose = culprit === subject ? '' : `, culprit ${culprit}`;
  return `${timeText(fromMs)}, for ${ageText(toMs - fromMs)}: ${status}, ${failure}, ${reason}${whose}, in ${operations.join(', ')}`;
}

function nameOf({ subject, environment }: { readonly subject: string; readonly environment: string }): string {
  return environment === '' ? subject : `${subject} (${environment})`;
}

/** UTC. */
function timeText(ms: number, isExact = false): string {
  return new Date(ms)
    .toISOString()
    .slice(0, isExact ? 23 : 19)
    .replace('T', ' ');
}

function escaped(text: string): string {
  return withoutControls(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}

const STYLE = `
:root{--ink:#1f2328;--paper:#fff;--faint:#59636e;--line:#d1d9e0;--doubt:#9a6700;--bad:#cf222e;--good:#1a7f37}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--faint:#9198a1;--line:#3d444d;--doubt:#d29922;--bad:#f85149;--good:#3fb950}}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.5 system-ui,sans-serif}
main{max-width:1200px;margin:0 auto;padding:1.5rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
dl{display:flex;flex-wrap:wrap;gap:.5rem 2rem}dt{color:var(--faint);font-size:.85em}dd{margin:0}
.lane{display:flex;align-items:center;gap:.75rem;border-bottom:1px solid var(--line);min-height:1.6rem}
.lane>span{flex:0 0 15rem;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.lane>div{position:relative;flex:1;height:1.1rem}
.lane i{position:absolute;top:0;bottom:0;background:var(--doubt);border-radius:2px}
.lane i.unhealthy,.lane i.dying,.lane i.dead{background:var(--bad)}
.axis{border:0;color:var(--faint);font-size:.85em}.axis>div{display:flex;justify-content:space-between}.axis b{font-weight:400}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--faint);font-weight:400}
td.maybe_unhealthy,td.pending{color:var(--doubt)}td.unhealthy,td.dying,td.dead{color:var(--bad)}td.healthy{color:var(--good)}
details{margin-top:2rem}summary{cursor:pointer}
`;
