// SPDX-License-Identifier: Apache-2.0
/**
 * What each service sent lately, as far as it tells whether Panorama is set up well: whether its calls name their callees,
 * whether its instances can be told apart, whether a guest speaks. An engine that convicts nobody looks like a system in
 * which all is well, so somebody must be able to ask what it is fed with.
 *
 * A note is a row of numbers that is looked up once for all spans of a resource in a request.
 * It looks back one to two minutes: two generations, of which the older is dropped when the younger is full a minute. So
 * nothing has to be forgotten one by one, and what was mended is no longer told of two minutes later.
 */
import { type Identity, serviceOf } from '../../model/identity.js';
import { cut } from '../../model/limits.js';

/** The length of a generation, in ms: six batches of an exporter that holds each for as long as its SDK allows (5 s). */
export const GENERATION_MS = 60_000;

/** Services told apart; those past it share one note. About 300 bytes each, with the longest examples 4 kB. */
const SERVICE_COUNT_MAX = 1000;

/** Observers named. An operator mends a kind of fault, not each of its cases. */
const NAME_COUNT_MAX = 100;

const EXAMPLE_COUNT_MAX = 3;
const EXAMPLE_ATTRIBUTE_COUNT_MAX = 16;
const EXAMPLE_LENGTH_MAX = 80;

/** A client span that does not say whom it called. Its texts come from outside. */
export interface UnidentifiedExample {
  readonly span: string;
  /** Names of the attributes that it has, of those that are read. */
  readonly attributes: readonly string[];
}

/** What a service sent. Counts of spans. */
export interface ServiceNote {
  readonly environment: string;
  /** Empty for all services past the bound together. */
  readonly service: string;
  spans: number;
  /** Without the instance's id in its resource, and not a guest's own. */
  withoutInstance: number;
  /** Client and producer spans that no guest has accounted for. */
  calls: number;
  /** Of those, the ones that name nobody. */
  unidentified: number;
  /** Client spans that a guest has accounted for. */
  accounted: number;
  /** A guest's observation spans. */
  observations: number;
  /** Server and consumer spans. */
  served: number;
  /** Server spans with a parent: the far end of somebody's call. */
  answers: number;
  /** Spans that came when what they say no longer counts. */
  late: number;
  /** How long after its end the latest of them came, in ms. */
  latestMs: number;
  readonly examples: UnidentifiedExample[];
}

/** An observer whose clock is off. */
export interface SkewedObserver {
  readonly environment: string;
  readonly observer: string;
  /** What is added to its times; above 0 its clock is slow. */
  readonly correctionMs: number;
}

/** Plain data, so that one thread can give it to another. */
export interface SetUpSummary {
  /** Epoch ms since when it counts. */
  readonly sinceMs: number;
  readonly services: readonly ServiceNote[];
  /** Calls of which both ends came. */
  readonly pairings: number;
  readonly skewed: readonly SkewedObserver[];
}

interface Generation {
  readonly sinceMs: number;
  readonly services: Map<string, ServiceNote>;
  pairings: number;
  readonly skewed: Map<string, SkewedObserver>;
}

/** The spans of one resource in a request. */
export interface SpanBlock {
  readonly environment: string;
  readonly observer: Identity;
  readonly spanCount: number;
  /** Whether a guest's observations are among them. */
  readonly isGuest: boolean;
  readonly correctionMs: number;
}

export class SetUpSample {
  #previous: Generation | undefined;
  #current: Generation;

  constructor(nowMs = 0) {
    this.#current = emptyGeneration(nowMs);
  }

  /** Counts the spans of a resource; what is found in them is added to the note that it returns. O(1). */
  noteBlock({ environment, observer, spanCount, isGuest, correctionMs }: SpanBlock, nowMs: number): ServiceNote {
    this.#turn(nowMs);
    const { services, skewed } = this.#current;
    if (correctionMs !== 0) {
      const entry = { environment, observer: observer.text, correctionMs };
      put(skewed, `${environment} ${observer.text}`, entry, NAME_COUNT_MAX);
    }
    const service = serviceOf(observer.text);
    const key = `${environment} ${service}`;
    let note = services.get(key);
    if (!note) {
      const isKept = services.size < SERVICE_COUNT_MAX;
      note = (isKept ? undefined : services.get('')) ?? emptyNote(isKept ? environment : '', isKept ? service : '');
      services.set(isKept ? key : '', note);
    }
    note.spans += spanCount;
    if (observer.resolution !== 'instance' && !isGuest) note.withoutInstance += spanCount;
    return note;
  }

  /** Whether there is room for another client span that names nobody. */
  wantsExample({ examples }: ServiceNote): boolean {
    return examples.length < EXAMPLE_COUNT_MAX;
  }

  /** Whether a span of that name is not shown yet, and may be. */
  isNewExample(note: ServiceNote, name: string): boolean {
    const span = cut(name, EXAMPLE_LENGTH_MAX);
    return this.wantsExample(note) && !note.examples.some((example) => example.span === span);
  }

  /** Shows a client span that names nobody. */
  addExample(note: ServiceNote, name: string, attributes: Readonly<Record<string, unknown>>): void {
    if (!this.isNewExample(note, name)) return;
    const names = Object.keys(attributes).slice(0, EXAMPLE_ATTRIBUTE_COUNT_MAX);
    note.examples.push({
      span: cut(name, EXAMPLE_LENGTH_MAX),
      attributes: names.map((each) => cut(each, EXAMPLE_LENGTH_MAX)),
    });
  }

  /** A call of which the second end has just come. */
  notePairing(): void {
    this.#current.pairings++;
  }

  /** What the last one to two minutes showed. */
  summary(nowMs: number): SetUpSummary {
    this.#turn(nowMs);
    const generations = this.#previous ? [this.#previous, this.#current] : [this.#current];
    return mergedSummary(
      generations.map(({ sinceMs, services, pairings, skewed }) => ({
        ...{ sinceMs, services: [...services.values()], pairings, skewed: [...skewed.values()] },
      })),
    );
  }

  #turn(nowMs: number): void {
    const ageMs = nowMs - this.#current.sinceMs;
    if (ageMs < GENERATION_MS) return;
    this.#previous = ageMs < 2 * GENERATION_MS ? this.#current : undefined;
    this.#current = emptyGeneration(nowMs);
  }
}

/** Several summaries as one: of a minute and the next, or of several threads. Of an observer's clocks the last counts. */
export function mergedSummary(summaries: readonly SetUpSummary[]): SetUpSummary {
  const services = new Map<string, ServiceNote>();
  const skewed = new Map<string, SkewedObserver>();
  for (const summary of summaries) {
    for (const note of summary.services) {
      const key = `${note.environment} ${note.service}`;
      services.set(key, mergedNote(services.get(key) ?? emptyNote(note.environment, note.service), note));
    }
    for (const each of summary.skewed) put(skewed, `${each.environment} ${each.observer}`, each, NAME_COUNT_MAX);
  }
  return {
    sinceMs: Math.min(...summaries.map(({ sinceMs }) => sinceMs)),
    services: [...services.values()],
    pairings: summaries.reduce((sum, { pairings }) => sum + pairings, 0),
    skewed: [...skewed.values()],
  };
}

function mergedNote(a: ServiceNote, b: ServiceNote): ServiceNote {
  const isNew = ({ span }: UnidentifiedExample) => !a.examples.some((example) => example.span === span);
  return {
    environment: a.environment,
    service: a.service,
    spans: a.spans + b.spans,
    withoutInstance: a.withoutInstance + b.withoutInstance,
    calls: a.calls + b.calls,
    unidentified: a.unidentified + b.unidentified,
    accounted: a.accounted + b.accounted,
    observations: a.observations + b.observations,
    served: a.served + b.served,
    answers: a.answers + b.answers,
    late: a.late + b.late,
    latestMs: Math.max(a.latestMs, b.latestMs),
    examples: [...a.examples, ...b.examples.filter(isNew)].slice(0, EXAMPLE_COUNT_MAX),
  };
}

function emptyGeneration(sinceMs: number): Generation {
  return { sinceMs, services: new Map(), pairings: 0, skewed: new Map() };
}

function emptyNote(environment: string, service: string): ServiceNote {
  return {
    ...{ environment, service, spans: 0, withoutInstance: 0, calls: 0, unidentified: 0, accounted: 0 },
    ...{ observations: 0, served: 0, answers: 0, late: 0, latestMs: 0, examples: [] },
  };
}

/** Puts in what is new while there is room; what is there is replaced. */
function put<V>(map: Map<string, V>, key: string, value: V, countMax: number): void {
  if (map.size < countMax || map.has(key)) map.set(key, value);
}
