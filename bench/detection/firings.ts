// SPDX-License-Identifier: Apache-2.0
/** When which alert fired, of a Prometheus that is asked again and again. Pure. */

/** An alert as Prometheus tells of it. */
export interface ActiveAlert {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Since when what it watches for is the case, as ISO 8601. */
  readonly activeAt: string;
}

export interface Firing {
  readonly alert: string;
  readonly service: string;
  /** `client` for calls that the service makes, `server` for those that it serves. */
  readonly side: string;
  /** Since when what it watches for was the case. */
  readonly sinceMs: number;
  /** When it was first and last seen firing, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a rule was worth in a trial. */
export interface RuleFigures {
  /** From the fault to the first alert that fires before the repair, of what was not the case before the fault, s. */
  readonly ruleS: number | undefined;
  /** That alert, in words. */
  readonly said: string | undefined;
  /** Alerts of what was the case before the fault, in words. */
  readonly before: readonly string[];
}

/** Collects what is seen. */
export class Firings {
  readonly all: Firing[] = [];
  #now = new Map<string, number>();

  /** Takes in all alerts of one moment. */
  note(atMs: number, alerts: readonly ActiveAlert[]): void {
    const now = new Map<string, number>();
    for (const { state, labels, activeAt } of alerts) {
      if (state !== 'firing') continue;
      const alert = labels['alertname'] ?? '';
      const service = labels['service_name'] ?? '';
      const side = (labels['span_kind'] ?? '').replace(/^SPAN_KIND_/, '').toLowerCase();
      const key = `${alert} ${service} ${side}`;
      const place = this.#now.get(key);
      const known = place === undefined ? undefined : this.all[place];
      now.set(key, place ?? this.all.length);
      if (place !== undefined && known) this.all[place] = { ...known, toMs: atMs };
      else this.all.push({ alert, service, side, sinceMs: Date.parse(activeAt), fromMs: atMs, toMs: atMs });
    }
    this.#now = now;
  }
}

/** The stopwatch of the rules. What an alert watches for and was the case before the fault is not because of it. */
export function ruleFiguresOf(firings: readonly Firing[], times: { faultMs: number; repairMs: number }): RuleFigures {
  const { faultMs, repairMs } = times;
  const first = firings
    .filter(({ sinceMs, fromMs }) => sinceMs >= faultMs && fromMs <= repairMs)
    .sort((a, b) => a.fromMs - b.fromMs)[0];
  return {
    ruleS: first && (first.fromMs - faultMs) / 1000,
    said: first && wordsOf(first),
    before: [...new Set(firings.filter(({ sinceMs }) => sinceMs < faultMs).map(wordsOf))].sort(),
  };
}

function wordsOf({ alert, service, side }: Firing): string {
  return `${alert} of ${service} as ${side}`;
}
