// SPDX-License-Identifier: Apache-2.0
/**
 * A fleet of thousands whose verdicts change all the time: callers whose calls fail until a component is convicted, and go well until it
 * is healthy again. Spans alone, as any SDK sends them; what changes is the engine's doing.
 */
import { setTimeout as pause } from 'node:timers/promises';

const INSTANCES_PER_SERVICE = 50;
const CALLERS = ['gate/g1', 'gate/g2', 'gate/g3'];

/** Calls that convict at once, and those that make well again: failures in a row, and more good ones than there were failures. */
const FAILING_CALLS = 4;
const GOOD_CALLS = 8;

const STEP_MS = 50;

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });

export class FleetLoad {
  readonly #url: string;
  readonly #subjects: readonly string[];
  #spanCount = 0;

  /** @param receiver `host:port` of the engine's OTLP/HTTP */
  constructor(receiver: string, subjectCount: number) {
    this.#url = `http://${receiver}/v1/traces`;
    this.#subjects = Array.from(
      { length: subjectCount },
      (_, number) => `service-${Math.floor(number / INSTANCES_PER_SERVICE)}/i${number % INSTANCES_PER_SERVICE}`,
    );
  }

  /** Makes all of them known, and healthy. */
  async introduce(): Promise<void> {
    for (let from = 0; from < this.#subjects.length; from += 200) {
      await this.#send(this.#subjects.slice(from, from + 200).map((subject) => ({ subject, count: 3, fails: false })));
    }
  }

  /** Lets components fail and recover in turn, so many changes a second, until told to stop. */
  async change(changesPerSecond: number, stop: AbortSignal): Promise<void> {
    const perStep = (changesPerSecond * STEP_MS) / 1000;
    const startMs = performance.now();
    let told = 0;
    while (!stop.aborted) {
      const due = Math.floor(((performance.now() - startMs) / STEP_MS) * perStep);
      const calls = [];
      for (; told < due; told++) {
        // Half of the changes are for the worse; each is undone before its turn comes again.
        const half = this.#subjects.length / 2;
        const subject = this.#subjects[told % half] as string;
        const fails = Math.floor(told / half) % 2 === 0;
        calls.push({ subject, count: fails ? FAILING_CALLS : GOOD_CALLS, fails });
      }
      if (calls.length > 0) await this.#send(calls);
      await pause(STEP_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }

  async #send(calls: readonly { subject: string; count: number; fails: boolean }[]): Promise<void> {
    const nanos = `${Date.now()}000000`;
    const resourceSpans = CALLERS.map((caller) => ({
      resource: {
        attributes: [
          text('service.name', caller.split('/')[0] as string),
          text('service.instance.id', caller.split('/')[1] as string),
        ],
      },
      scopeSpans: [{ spans: calls.flatMap((call) => this.#spansOf(call, nanos)) }],
    }));
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans }),
    });
    if (!response.ok) throw new Error(`the engine answers ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
  }

  #spansOf({ subject, count, fails }: { subject: string; count: number; fails: boolean }, nanos: string): object[] {
    return Array.from({ length: count }, () => {
      const id = (++this.#spanCount).toString(16);
      return {
        // Of another digit, two numbers of unlike length would be one id, and the engine would not count the second.
        traceId: id.padStart(32, '0'),
        spanId: id.padStart(16, '0'),
        name: 'GET',
        kind: 3,
        startTimeUnixNano: nanos,
        endTimeUnixNano: nanos,
        attributes: [
          text('panorama.subject', subject),
          text('http.request.method', 'GET'),
          fails ? text('error.type', 'ETIMEDOUT') : { key: 'http.response.status_code', value: { intValue: '200' } },
        ],
        status: fails ? { code: 2, message: 'no answer' } : {},
      };
    });
  }
}
