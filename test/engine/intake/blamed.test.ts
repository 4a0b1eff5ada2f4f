// SPDX-License-Identifier: Apache-2.0
/** Whom an answer blamed comes into the engine with a guest's observation, and with a raw client span. */
import { describe, expect, it } from 'vitest';
import type { IntakeSink } from '../../../src/engine/intake/intake-sink.js';
import { SpanIntake } from '../../../src/engine/intake/span-intake.js';
import { DEFAULT_LIFETIME } from '../../../src/engine/verdict/evidence-lifetime.js';
import { RecordForms } from '../../../src/engine/wire/record-batch.js';
import type { Observation } from '../../../src/model/observation.js';
import { type ResourceSpans, SpanKind, type SpanRecord } from '../../../src/model/span.js';
import { HealthStatus } from '../../../src/model/status.js';
import { DEFAULT_RULES } from '../../../src/observe/rules.js';
import { batchOf, observationSpanOf, resourceOf, spanOf } from '../../support/spans.js';

const NOW_MS = 1_700_000_000_000;

/** An intake, and what it told of the last request. */
class Heard {
  #observed: Partial<Observation>[] = [];
  readonly #records = new RecordForms();
  readonly #sink: IntakeSink = {
    replaced: () => undefined,
    renamed: () => undefined,
    observed: (observation) => this.#observed.push(observation),
    wentWell: ({ subject, status }) => this.#observed.push({ subject, status }),
    settled: () => undefined,
  };
  readonly #intake = new SpanIntake(DEFAULT_RULES, this.#sink, DEFAULT_LIFETIME.lifetimeMinMs);

  read(...resources: ResourceSpans[]): Partial<Observation> | undefined {
    this.#observed = [];
    this.#intake.read(this.#records.batchOf(batchOf(...resources)), NOW_MS);
    return this.#observed[0];
  }
}

function observedIn(heard: Heard, span: SpanRecord): Partial<Observation> | undefined {
  return heard.read({ resource: resourceOf('web', 'w1'), spans: [span] });
}

const callOf = (code: number, blame: readonly string[] | undefined, given: Partial<SpanRecord> = {}) =>
  spanOf({
    endMs: NOW_MS,
    attributes: {
      'server.address': 'shop',
      'http.request.method': 'GET',
      'http.response.status_code': code,
      'panorama.blame': blame,
    },
    ...given,
  });

describe('an answer that blames somebody', () => {
  it('is told of a raw call that failed, and of none that went well', () => {
    const intake = new Heard();
    expect(observedIn(intake, callOf(503, ['db/1', 'cache/1']))?.blamed).toEqual(['db/1', 'cache/1']);
    expect(observedIn(intake, callOf(503, []))?.blamed).toEqual([]);
    expect(observedIn(intake, callOf(503, undefined))?.blamed).toBeUndefined();
    expect(observedIn(intake, callOf(200, ['db/1']))?.blamed).toBeUndefined();
  });

  it('is told of a guest’s observation', () => {
    const seen = { status: HealthStatus.UNHEALTHY, reason: 'server_error', blamed: ['db/1'] } as const;
    expect(observedIn(new Heard(), observationSpanOf(seen, NOW_MS))?.blamed).toEqual(['db/1']);
  });

  it('names whoever is known to live at the address that it gives', () => {
    const intake = new Heard();
    const call = spanOf({ endMs: NOW_MS, attributes: { 'server.address': '10.0.0.7', 'server.port': 80 } });
    const served = spanOf({ endMs: NOW_MS, kind: SpanKind.SERVER, parentSpanId: call.spanId });
    intake.read(
      { resource: resourceOf('shop', 's1'), spans: [call] },
      { resource: resourceOf('db', 'd1'), spans: [served] },
    );
    expect(observedIn(intake, callOf(503, ['10.0.0.7:80', '10.0.0.8:80']))?.blamed).toEqual(['db/d1', '10.0.0.8:80']);
  });
});
