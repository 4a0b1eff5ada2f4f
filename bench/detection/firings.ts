// SPDX-License-Identifier: Apache-2.0
/** When which alert fired, of a Prometheus that is asked again and again. Pure. */

/** An alert as Prometheus tells of it. */
export interface ActiveAlert {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Firing {
  readonly alert: string;
  readonly service: string;
  /** `client` for calls that the service makes, `server` for those that it serves. */
  readonly side: string;
  /** When it was first and last seen firing, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a rule was worth in a trial. */
export interface RuleFigures {
  /** From the fault to the first alert that fires before the repair and did not before the fault, s. */
  readonly ruleS: number | undefined;
  /** That alert, in words. */
  readonly said: string | undefined;
  /** Alerts that had fired before the fault, in words. */
  readonly before: readonly string[];
}

/** Collects what is seen. */
export class Firings {
  readonly all: Firing[] = [];
  #now = new Map<string, number>();

  /** Takes in all alerts of one moment. */
  note(atMs: number, alerts: readonly ActiveAlert[]): void {
    const now = new Map<string, number>();
    for (const { state, labels } of alerts) {
      if (state !== 'firing') continue;
      const alert = labels['alertname'] ?? '';
      const service = labels['service_name'] ?? '';
      const side = (labels['span_kind'] ?? '').replace(/^SPAN_KIND_/, '').toLowerCase();
      const key = `${alert} ${service} ${side}`;
      const place = this.#now.get(key);
      const known = place === undefined ? undefined : this.all[place];
      now.set(key, place ?? this.all.length);
      if (place !== undefined && known) this.all[place] = { ...known, toMs: atMs };
      else this.all.push({ alert, service, side, fromMs: atMs, toMs: atMs });
    }
    this.#now = now;
  }
}

/** The stopwatch of the rules. An alert that fired before the fault says nothing about it, whenever it fires again. */
export function ruleFiguresOf(firings: readonly Firing[], times: { faultMs: number; repairMs: number }): RuleFigures {
  const { faultMs, repairMs } = times;
  const before = new Set(firings.filter(({ fromMs }) => fromMs < faultMs).map(wordsOf));
  const first = firings
    .filter((firing) => firing.fromMs >= faultMs && firing.fromMs <= repairMs && !before.has(wordsOf(firing)))
    .sort((a, b) => a.fromMs - b.fromMs)[0];
  return {
    ruleS: first && (first.fromMs - faultMs) / 1000,
    said: first && wordsOf(first),
    before: [...before].sort(),
  };
}

function wordsOf({ alert, service, side }: Firing): string {
  return `${alert} of ${service} as ${side}`;
}
