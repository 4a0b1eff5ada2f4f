// SPDX-License-Identifier: Apache-2.0
/**
 * `npm run bench -- recording FILE`: pushes a recording of OTLP/JSON lines (gzipped or not) through the engine in the data's
 * own time, and writes what it would have said of each service as JSON lines: `{"t_ms", "subject_service", "status",
 * "failure", "blame_service"}`, one change a line, to `--out` or standard output. `--judge` chooses the judge.
 */
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  HealthStatus,
  JUDGE_NAMES,
  type JudgeName,
  type ReplayedState,
  replay,
  statusName,
} from 'panorama-otel/engine';
import { defaultJudge, linesOf } from './recorded.js';

export async function benchRecording(): Promise<object> {
  const file = process.argv[3];
  if (!file || file.startsWith('--')) {
    throw new Error('usage: npm run bench -- recording FILE [--out TIMELINE] [--judge NAME]');
  }
  const judge = option('--judge') ?? 'sequential';
  if (!isJudge(judge)) throw new Error(`--judge: no judge ${judge}; one of ${JUDGE_NAMES.join(', ')}`);
  const services = new Services();
  const out = option('--out');
  const sink = out === undefined ? process.stdout : createWriteStream(out);
  const started = performance.now();
  const { counts, requestCount, firstMs, lastMs } = await replay(linesOf(file), {
    judge: defaultJudge(judge),
    onState: (state) => {
      const line = services.changed(state);
      if (line) sink.write(`${JSON.stringify(line)}\n`);
    },
  });
  const seconds = (performance.now() - started) / 1000;
  if (sink !== process.stdout) await new Promise<void>((resolve) => sink.end(() => resolve()));
  return {
    judge,
    spans: counts.spans,
    requests: requestCount,
    data_s: Math.round((lastMs - firstMs) / 1000),
    seconds: Number(seconds.toFixed(2)),
    spans_per_s: Math.round(counts.spans / seconds),
    bytes: (await stat(file)).size,
    transitions: counts.transitions,
  };
}

/** One line of a timeline: a service's state from this moment on. */
interface ServiceState {
  readonly t_ms: number;
  readonly subject_service: string;
  readonly status: string;
  readonly failure: string;
  readonly blame_service?: string;
}

/** The worst state of each service's subjects: the service itself and its instances. */
class Services {
  readonly #states = new Map<string, Map<string, ReplayedState>>();
  readonly #told = new Map<string, string>();

  /** The service's new state, if this changes it. */
  changed(state: ReplayedState): ServiceState | undefined {
    const service = serviceOf(state.subject);
    const states = this.#states.get(service) ?? new Map<string, ReplayedState>();
    this.#states.set(service, states.set(`${state.environment} ${state.subject}`, state));
    const worst = [...states.values()].reduce((a, b) => (severity(b) > severity(a) ? b : a));
    const said = {
      subject_service: service,
      status: statusName(worst.status),
      failure: worst.failure,
      ...(worst.blame !== undefined && { blame_service: serviceOf(worst.blame) }),
    };
    const text = JSON.stringify(said);
    if (this.#told.get(service) === text) return undefined;
    this.#told.set(service, text);
    return { t_ms: state.atMs, ...said };
  }
}

/** A call that is out is a wait, not a finding. */
function severity({ status }: ReplayedState): number {
  return status === HealthStatus.PENDING ? HealthStatus.HEALTHY : status;
}

function serviceOf(identity: string): string {
  return decodeURIComponent(identity.split('/', 1)[0] ?? identity);
}

function option(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at > 0 ? process.argv[at + 1] : undefined;
}

function isJudge(name: string): name is JudgeName {
  return (JUDGE_NAMES as readonly string[]).includes(name);
}
