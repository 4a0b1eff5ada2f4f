// SPDX-License-Identifier: Apache-2.0
/**
 * One export request → observations. Three kinds of spans come in: observation spans of our guests, raw client spans of
 * any SDK, and server spans; the first two make callers' observations and the third the subject's own report. A client
 * span that a guest has accounted for (`panorama.observed`) serves for identity only, so that nothing counts twice.
 *
 * Most spans are of a form that is known and went well; of those nothing is read but their row. All others are read in full.
 */
import { PANORAMA, textOf } from '../../model/attributes.js';
import { PanoramaError } from '../../model/errors.js';
import { hexOfWords } from '../../model/hex.js';
import type { SpanRecord } from '../../model/span.js';
import { OperationCap } from '../../observe/operation-cap.js';
import type { ObserveRules } from '../../observe/rules.js';
import { UsualLatency } from '../../observe/usual-latency.js';
import { CallTree, type CallTreeCounts } from '../calls/call-tree.js';
import { NONE } from '../calls/trace-table.js';
import type { SetUpSummary } from '../doctor/set-up-sample.js';
import { AddressBook } from '../identity/address-book.js';
import { ObserverClocks } from '../identity/observer-clocks.js';
import { ID_WORDS, type ResourceRows, type SpanBatch } from '../wire/span-batch.js';
import type { SpanForm } from '../wire/span-form.js';
import type { IntakeCounts, IntakeResult, IntakeSink, ToldAs } from './intake-sink.js';
import { KnownPairs } from './known-pairs.js';
import { Observed } from './observed.js';
import { Pairings } from './pairings.js';
import { RecentIds } from './recent-ids.js';
import { idOf, RecordReader, refusedName } from './record-reader.js';
import { SetUpNotes } from './set-up-notes.js';
import { type SpanSite, SpanSites } from './span-site.js';

/** Of a row's ids: trace and span. */
const ID_WORDS_OF_SPAN = 6;

/** Operations of observers whose usual latency is remembered: as many as there are views by default, and up to twice that. */
const USUAL_LATENCY_COUNT_MAX = 50_000;

export class SpanIntake {
  readonly counts: IntakeCounts = {
    spans: 0,
    observations: 0,
    calls: 0,
    served: 0,
    accounted: 0,
    duplicates: 0,
    unidentified: 0,
    abandoned: 0,
    ignored: 0,
    rejected: 0,
    late: 0,
  };
  readonly #sites: SpanSites;
  readonly #sink: IntakeSink;
  readonly #lateMs: number;
  readonly #addresses = new AddressBook();
  readonly #pairings = new Pairings(this.#addresses);
  readonly #clocks = new ObserverClocks();
  readonly #operations = new OperationCap();
  readonly #calls: CallTree<SpanSite>;
  readonly #pairs: KnownPairs;
  readonly #records: RecordReader;
  readonly #recentIds = new RecentIds();
  readonly #setUp: SetUpNotes;
  readonly #observed = new Observed(
    (row) => this.#idOf(row),
    (row, other) => this.#inOrder(row, other),
  );
  #batch: SpanBatch | undefined;
  /** Of each row, its place in the call tree. */
  #places = new Int32Array(1024);
  #delaysMs = new Float64Array(1024);
  #nowMs = 0;
  #toldAs: ToldAs = 'span';
  #rejectedSpans = 0;
  #message = '';

  /** @param lateMs how long after its end a span is late */
  constructor(rules: ObserveRules, sink: IntakeSink, lateMs: number) {
    this.#sites = new SpanSites(rules);
    this.#sink = sink;
    this.#lateMs = lateMs;
    this.#setUp = new SetUpNotes(this.counts, this.#sites);
    this.#calls = new CallTree<SpanSite>({
      nameOf: (environment, address) => this.#addresses.resolve(environment, address),
      onPair: (client, server, answeredMs) => {
        this.#pairings.note(client, server, answeredMs);
        this.#setUp.sample.notePairing();
      },
      onSettled: (call) => sink.settled(call, this.#nowMs),
    });
    const usualLatency = new UsualLatency(USUAL_LATENCY_COUNT_MAX);
    const [addresses, operations] = [this.#addresses, this.#operations];
    this.#pairs = new KnownPairs({ addresses, operations, usualLatency });
    this.#records = new RecordReader({
      ...{ rules, addresses, operations, usualLatency },
      ...{ calls: this.#calls, counts: this.counts },
    });
  }

  /** Calls folded into the operation `other`. */
  get foldedCount(): number {
    return this.#operations.foldedCount;
  }

  /** What came lately, as far as it shows how well the senders are set up. */
  setUp(nowMs: number): SetUpSummary {
    return this.#setUp.sample.summary(nowMs);
  }

  callTreeCounts(): CallTreeCounts {
    return this.#calls.counts();
  }

  /** Reads a request. Identities are learned from all of it first, so that its own observations profit. */
  read(batch: SpanBatch, receivedMs: number, toldAs: ToldAs = 'span'): IntakeResult {
    this.#nowMs = receivedMs;
    this.#toldAs = toldAs;
    this.#batch = batch;
    this.#rejectedSpans = 0;
    this.#message = '';
    this.#place(batch, receivedMs);
    this.#pairings.learn(this.#sink, receivedMs);
    for (const each of batch.resources) this.#readResource(batch, each, receivedMs);
    this.#observed.tell(this.#sink, receivedMs);
    this.#batch = undefined;
    this.settle(receivedMs);
    this.counts.spans += batch.count;
    this.counts.rejected += this.#rejectedSpans;
    return { rejectedSpans: this.#rejectedSpans, message: this.#message };
  }

  /** Tells of the calls that time has settled since the last request. */
  settle(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#calls.settle(nowMs);
  }

  /** Every span takes its place among those of its trace. */
  #place({ count, forms, ids, endMs, durationMs }: SpanBatch, nowMs: number): void {
    if (this.#places.length < count) {
      this.#places = new Int32Array(2 * count);
      this.#delaysMs = new Float64Array(2 * count);
    }
    for (let row = 0; row < count; row++) {
      const site = this.#sites.of(forms[row] as SpanForm);
      const tookMs = durationMs[row] as number;
      this.#places[row] = site.isObservation
        ? NONE
        : this.#calls.add(ids, row * ID_WORDS, site, (endMs[row] as number) - tookMs, tookMs, nowMs);
    }
  }

  #readResource(batch: SpanBatch, rows: ResourceRows, nowMs: number): void {
    const { from, to } = rows;
    const correctionMs = this.#correctionMs(batch, rows, nowMs);
    this.#setUp.begin();
    for (let row = from; row < to; row++) {
      const site = this.#sites.of(batch.forms[row] as SpanForm);
      if (!site.isRead) continue;
      const atMs = Math.min(nowMs, (batch.endMs[row] as number) + correctionMs);
      if (nowMs - atMs > this.#lateMs) this.counts.late++;
      if (site.outcome) this.#readPlain(batch, row, site, atMs);
      else this.#readRecord(batch, row, site, atMs);
    }
    this.#setUp.end(batch, rows, correctionMs, nowMs, (row) => this.#recordOf(batch, row));
  }

  /** A span that went well, as all of its form. */
  #readPlain(batch: SpanBatch, row: number, site: SpanSite, atMs: number): void {
    const { counts } = this;
    if (site.isServed) counts.served++;
    else if (site.isAccounted) counts.accounted++;
    else counts.calls++;
    const pair = this.#pairs.of(site);
    if (!pair) {
      if (!site.isAccounted) counts.unidentified++;
      return;
    }
    pair.usual?.learn(batch.durationMs[row] as number);
    const place = this.#places[row] as number;
    if (place !== NONE && site.source === 'caller') this.#calls.called(place, pair, pair, atMs, site.isLeaf);
    if (site.isAccounted || !this.#isNew(batch, row, site)) return;
    this.#observed.good(pair, row, atMs);
  }

  #readRecord(batch: SpanBatch, row: number, site: SpanSite, atMs: number): void {
    const record = this.#recordOf(batch, row);
    if (typeof record === 'string') {
      this.#reject(record);
      return;
    }
    const observation = this.#records.observe(record, site, this.#places[row] as number, atMs);
    if (typeof observation === 'string') {
      this.#reject(`${refusedName(record, this.#toldAs)} was refused: ${observation}`);
    } else if (observation && this.#isNew(batch, row, site)) this.#observed.other(observation, row, atMs);
  }

  /** A scan looks at no more than it must, so a span may turn out to be broken when all of it is read. */
  #recordOf(batch: SpanBatch, row: number): SpanRecord | string {
    try {
      return batch.recordOf(row);
    } catch (thrown) {
      const { code, message } = PanoramaError.from(thrown);
      if (code !== 'PANO_WIRE_MALFORMED') throw thrown;
      return message;
    }
  }

  #reject(message: string): void {
    this.#rejectedSpans++;
    this.#message ||= message;
  }

  #correctionMs(batch: SpanBatch, { from, to }: ResourceRows, nowMs: number): number {
    for (let row = from; row < to; row++) this.#delaysMs[row - from] = nowMs - (batch.endMs[row] as number);
    const { speaker } = this.#sites.of(batch.forms[from] as SpanForm);
    return this.#clocks.correctionMs(
      `${speaker.environment} ${this.#guestIn(batch, from, to) ?? speaker.observer.text}`,
      this.#delaysMs.subarray(0, to - from),
      nowMs,
    );
  }

  /** Who speaks through a guest: replicas without an instance id have one resource, but each a clock of its own. */
  #guestIn(batch: SpanBatch, from: number, to: number): string | undefined {
    for (let row = from; row < to; row++) {
      if (!this.#sites.of(batch.forms[row] as SpanForm).isObservation) continue;
      const record = this.#recordOf(batch, row);
      if (typeof record !== 'string') return textOf(record.attributes[PANORAMA.OBSERVER]);
    }
    return undefined;
  }

  #isNew({ ids }: SpanBatch, row: number, { isServed }: SpanSite): boolean {
    if (this.#recentIds.add(ids, row * ID_WORDS, isServed ? 1 : 0)) return true;
    this.counts.duplicates++;
    return false;
  }

  #inOrder(row: number, other: number): number {
    const { ids, forms } = this.#batch as SpanBatch;
    for (let word = 0; word < ID_WORDS_OF_SPAN; word++) {
      const difference = (ids[row * ID_WORDS + word] as number) - (ids[other * ID_WORDS + word] as number);
      if (difference !== 0) return difference;
    }
    // Both ends of a call with one id: the caller first.
    const isServed = (at: number) => Number(this.#sites.of(forms[at] as SpanForm).isServed);
    return isServed(row) - isServed(other);
  }

  #idOf(row: number): string {
    const { ids, forms } = this.#batch as SpanBatch;
    const { isServed } = this.#sites.of(forms[row] as SpanForm);
    return idOf(hexOfWords(ids, row * ID_WORDS, ID_WORDS_OF_SPAN), isServed);
  }
}
