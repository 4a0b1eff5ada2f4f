// SPDX-License-Identifier: Apache-2.0
/** Tells a trial on a timeline while it happens, and at the end what came of it. */
import type { Fault } from '../faults/fault.js';
import type { OperationTally } from '../node/tally.js';
import { type ApiTransition, isConviction } from './engine-api.js';
import type { Engine } from './engine-process.js';
import { type Conviction, figuresOf } from './figures.js';
import type { Timeline } from './timeline.js';
import type { Look, TrialRecord, TrialWatcher } from './trial.js';

/** The load is told once a second. */
const TELL_INTERVAL_MS = 1000;

/** What the demo prints as JSON. */
export interface Findings {
  readonly ok: boolean;
  readonly fault: string;
  readonly problems: readonly string[];
  readonly subject: string;
  readonly convictedAfterMs: number | undefined;
  readonly recoveredAfterMs: number | undefined;
  readonly wrongConvictions: readonly Conviction[];
}

export class Teller implements TrialWatcher {
  readonly #fault: Fault;
  readonly #timeline: Timeline;
  #told: Look | undefined;

  constructor(fault: Fault, timeline: Timeline) {
    this.#fault = fault;
    this.#timeline = timeline;
  }

  title(): void {
    const { id, system, title } = this.#fault;
    this.#timeline.text(`${id}: ${title}, in a small ${system.name} cluster, and who notices\n`);
  }

  engine({ api, otlpUrl }: Engine): void {
    this.#timeline.line('engine', `listening for spans on ${otlpUrl}, answering on ${api.url}`);
    this.#timeline.line('page', `${api.url}/ shows what callers see, live`);
  }

  cluster(): void {
    const { nodes } = this.#fault.system;
    const clients = nodes.filter(({ isClient }) => isClient).length;
    const servers = nodes.length - clients;
    this.#timeline.line('cluster', `${servers} servers and ${clients} clients are up, each a process`);
  }

  readonly healthy = (subjects: readonly string[]): void =>
    this.#timeline.line('healthy', `the engine knows ${subjects.join(', ')}, all healthy`, 'good');

  readonly fault = (): void => {
    this.#timeline.line('FAULT', this.#fault.happening, 'loud');
  };

  readonly repair = (): void => this.#timeline.line('REPAIR', 'the mechanism is mended', 'loud');

  /** Large where it convicts anybody or acquits the sick one, small where it is in between. */
  readonly transition = (
    { atMs, from, verdict }: ApiTransition,
    { faultMs, repairMs }: { faultMs?: number; repairMs?: number },
  ): void => {
    const isAcquittal =
      verdict.subject === this.#fault.subject && verdict.status === 'healthy' && repairMs !== undefined;
    if (isConviction(verdict) || isAcquittal) {
      const sinceMs = atMs - ((isAcquittal ? repairMs : faultMs) ?? Number.NaN);
      const when = `${(sinceMs / 1000).toFixed(2)} s after the ${isAcquittal ? 'repair' : 'fault'}`;
      this.#timeline.verdict(verdict, sinceMs >= 0 ? when : 'before any fault');
    } else if (verdict.status !== 'healthy' || !['na', 'invalid'].includes(from.status)) {
      this.#timeline.transition({ atMs, from, verdict, seq: 0 });
    }
  };

  readonly look = (look: Look): void => {
    if (this.#told && look.atMs - this.#told.atMs < TELL_INTERVAL_MS) return;
    if (this.#told) this.#load(this.#told, look);
    this.#told = look;
  };

  /** Judges the record and tells the end. */
  findings(record: TrialRecord): Findings {
    const { firstS, verdictS, recoveryS, builtinS, wrong, problems } = figuresOf(record, this.#fault);
    const { subject, paperSeconds } = this.#fault;
    const all = [...problems];
    if (verdictS === undefined) all.push(`${subject} was not convicted for what ails it`);
    else if (recoveryS === undefined) all.push(`${subject} was not healthy again after the repair`);
    for (const { subject: name, status, culprit } of wrong) {
      all.push(`${name} was found ${status}, and ${culprit} to blame, though nothing ails it`);
    }
    this.#timeline.text('');
    const found =
      builtinS === undefined ? 'had not found it before the repair' : `found it after ${builtinS.toFixed(2)} s`;
    this.#timeline.line('meanwhile', `the cluster's own failure detectors ${found}`);
    if (all.length === 0) {
      const first = `first evidence ${firstS?.toFixed(2)} s after the fault`;
      const paper = Number.isNaN(paperSeconds) ? '' : ` (the paper: ${paperSeconds} s)`;
      const rest = `verdict ${verdictS?.toFixed(2)} s, healthy again ${recoveryS?.toFixed(2)} s after the repair`;
      this.#timeline.line('SUCCESS', `${subject}, and nobody else, was named: ${first}${paper}, ${rest}`, 'good');
    }
    for (const problem of all) this.problem(problem);
    return {
      ok: all.length === 0,
      fault: this.#fault.id,
      problems: all,
      subject,
      convictedAfterMs: verdictS && Math.round(verdictS * 1000),
      recoveredAfterMs: recoveryS && Math.round(recoveryS * 1000),
      wrongConvictions: wrong,
    };
  }

  /** What could not be done. */
  readonly problem = (message: string): void => this.#timeline.line('PROBLEM', message, 'bad');

  /** Why it may have gone wrong although nothing of ours did. */
  shortOfProcessors(): void {
    const text =
      'its host took a processor away for more than a tenth of ten seconds, and what hung may have hung for that';
    this.#timeline.line('MACHINE', `${text}; try again`, 'loud');
  }

  /** What whoever keeps the cluster running can do. */
  howToGoOn({ api }: Engine, isTerminal: boolean): void {
    const [again, back] = isTerminal ? ['b', 'r'] : [`kill -USR1 ${process.pid}`, `kill -USR2 ${process.pid}`];
    this.#timeline.text(
      [
        '',
        'Everything is left running; Ctrl-C ends it.',
        `  verdicts     curl -s ${api.url}/api/v1/verdicts`,
        `  break again  ${again}`,
        `  mend         ${back}`,
        '',
      ].join('\n'),
    );
  }

  #load(before: Look, now: Look): void {
    const seconds = (now.atMs - before.atMs) / 1000;
    const rates = Object.entries(now.tally.operations).map(([name, { ok, failed }]) => {
      const last: OperationTally = before.tally.operations[name] ?? { ok: 0, failed: 0 };
      const bad = failed - last.failed;
      return `${name} ${((ok - last.ok) / seconds).toFixed(0).padStart(3)}/s${bad > 0 ? `, ${bad} failed` : ''}`;
    });
    const believed = Object.entries(Object.assign({}, ...Object.values(now.beliefs)) as Record<string, string>);
    const dead = believed.filter(([, state]) => state === 'dead').map(([name]) => name);
    const detectors = dead.length > 0 ? `DEAD: ${dead.join(' ')}` : `${believed.length} nodes alive`;
    const isSuffering = Object.entries(now.tally.operations).some(
      ([name, { failed }]) => failed > (before.tally.operations[name]?.failed ?? 0),
    );
    this.#timeline.line('load', `${rates.join(' | ')} | detectors: ${detectors}`, isSuffering ? 'bad' : 'plain');
  }
}
