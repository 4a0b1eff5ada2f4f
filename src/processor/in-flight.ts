// SPDX-License-Identifier: Apache-2.0
/**
 * Calls that have started and not ended. An ended span cannot tell of a call that hangs, so those that are out are
 * watched: once a call is out for longer than its operation's own history allows it is reported, again each time the
 * suspicion has doubled, and what becomes of it is reported by whoever ends it.
 *
 * Each start hangs an entry into a timing wheel and each end takes it out; nearly all are gone before anybody looks at
 * them. The first look comes after the floor, and only then is asked whom the call concerns and what is usual there.
 *
 * The table is bounded, and a call that its host has forgotten (its span can never be ended any more) is forgotten here
 * too.
 *
 * Source: Panorama (OSDI 2018), section 4.3: a request is PENDING from its origin to its sink.
 */
import type { Span } from '@opentelemetry/sdk-trace';
import type { Clock } from '../model/clock.js';
import type { SpanRef } from '../model/span.js';
import { type ExpectedLatency, knownOfWork } from './known-work.js';
import type { LatencyHistory } from './latency-history.js';
import type { Pair } from './pair.js';
import { Pulse, TICK_MS } from './pulse.js';
import { type KnownLatencies, suspicionOf, suspiciousAfterMs } from './suspicion.js';
import { TimingWheel, WheelEntry } from './timing-wheel.js';

/**
 * However slowly suspicion doubles, it is told again within this, in ms: evidence lives for a minute in the engine, and
 * a call that still hangs must not be taken for one that nobody has seen lately.
 */
const REPEAT_MS_MAX = 20_000;

/**
 * Calls that began within this of the last suspect do not yet show that an incident is over, in ms: one that hits a call in
 * ten of a service with one call a second has such gaps.
 */
const WELL_AGAIN_MS = 10_000;

/**
 * A call is told of again as soon as it has been out for so many times the floor: 1 s is where the engine stops to take what calls
 * wait for together for a pause of their callee.
 */
const SURE_FLOORS = 10;

/**
 * A call that has been out for so long, in ms, has been told two hundred times; whoever keeps it will not end it any more. Work of
 * which the host says how long it takes has twice that time first.
 */
const WATCH_MS_MAX = 3_600_000;
const EXPECTED_TIMES = 2;

/**
 * Looks in one tick; the rest is looked at in the next. A look takes a few µs, and a host whose ten thousand calls all hang has
 * trouble enough without standing still for them.
 */
const LOOKS_PER_TICK = 1000;

/** Work that the host has announced, with `observer.begin` or `observer.observe`. */
export interface BegunWork {
  readonly pair: Pair;
  /** How long the same work takes with whomever: announced work may be too seldom to be known pair by pair. */
  readonly alike: LatencyHistory;
  /** How long the host says that it takes. */
  readonly expected: ExpectedLatency | undefined;
  /** Monotonic. */
  readonly startMs: number;
  /** The span that it was begun in. */
  readonly evidence: SpanRef | undefined;
  /** Whether somebody has settled it elsewhere, whose word has come home by now. */
  readonly settled: () => boolean;
}

const NOBODY: readonly SpanRef[] = [];

/** One call that is out: a span, or begun work. */
export class CallInFlight extends WheelEntry {
  readonly startTick: number;
  readonly begun: BegunWork | undefined;
  /** While the call is young. */
  span: Span | undefined;
  /** Later: so that a span which nobody will ever end is not kept alive by us. */
  later: WeakRef<Span> | undefined;
  /** Of whom it was reported. The outcome belongs to that pair, whatever else is learned meanwhile. */
  reported: Pair | undefined;
  /** Whether it was reported again since. */
  isToldAgain = false;
  /** Whom it concerns, once the span is about to end. */
  pair: Pair | undefined;
  /** Requests that wait for it besides the one that it is part of. */
  waiting: readonly SpanRef[] = NOBODY;
  /** Whether it is back, or given up. */
  isOver = false;
  /** Whether its span has ended; a second end is none. */
  hasEnded = false;

  constructor(startTick: number, span: Span | undefined, begun: BegunWork | undefined) {
    super();
    this.startTick = startTick;
    this.span = span;
    this.begun = begun;
  }
}

export interface InFlightSettings {
  readonly clock: Clock;
  readonly hungFloorMs: number;
  readonly hungSuspicion: number;
  readonly inFlightCountMax: number;
  /** Repeats within this are one. */
  readonly windowMs: number;
}

/** Who knows what calls concern, and tells of those that hang. */
export interface Watcher {
  /** Whom a call concerns, as far as its span says by now. */
  readonly pairOf: (span: Span) => Pair | undefined;
  /**
   * @param ageMs for how long it has been out at the least, whatever the machine's clock says
   * @param isAgain whether it was told of before
   */
  readonly hung: (call: CallInFlight, pair: Pair, phi: number, ageMs: number, isAgain: boolean) => void;
  /** Runs what a timer runs, and contains its faults. */
  readonly guarded: <T>(work: () => T) => T | undefined;
}

export class InFlight {
  readonly pulse: Pulse;
  readonly #settings: InFlightSettings;
  readonly #watcher: Watcher;
  readonly #wheel = new TimingWheel<CallInFlight>();
  readonly #floorTicks: number;
  /** Of the call that was looked at last, in this tick. */
  #lastSuspicion:
    | { readonly ageMs: number; readonly known: KnownLatencies; readonly phi: number | undefined }
    | undefined;
  #count = 0;
  #unwatchedCount = 0;
  #forgottenCount = 0;

  constructor(settings: InFlightSettings, watcher: Watcher) {
    this.#settings = settings;
    this.#watcher = watcher;
    this.#floorTicks = ticksFor(settings.hungFloorMs);
    const { clock, windowMs } = settings;
    this.pulse = new Pulse({ clock, windowMs, onTick: (tick) => this.#look(tick), guarded: watcher.guarded });
  }

  /** Calls that are out now. */
  get count(): number {
    return this.#count;
  }

  /** Calls that were not watched. Their ends were observed all the same. */
  get unwatchedCount(): number {
    return this.#unwatchedCount;
  }

  /** Calls that nobody ends: their span was gone, or they have been out for an hour. */
  get forgottenCount(): number {
    return this.#forgottenCount;
  }

  /** A call has started. `undefined` where there is no room for it. O(1). */
  start(span: Span | undefined, begun?: BegunWork): CallInFlight | undefined {
    // What hangs in a wheel that does not turn would never be found again.
    if (this.#count >= this.#settings.inFlightCountMax || !this.#turns()) {
      this.#unwatchedCount++;
      return undefined;
    }
    this.#count++;
    const { pulse } = this;
    const call = new CallInFlight(pulse.tick, span, begun);
    this.#wheel.add(call, pulse.tick + this.#floorTicks);
    return call;
  }

  /** A call cannot be watched after all. */
  letGo(call: CallInFlight): void {
    this.end(call);
    this.#unwatchedCount++;
  }

  /** A call has come back well: its subject has answered whoever asked so late. */
  answered(pair: Pair, call: CallInFlight): void {
    pair.answeredTick = Math.max(pair.answeredTick, call.startTick);
  }

  /**
   * Whether the end of a call tells of something that is over. A call that was lost in an incident fails when its timeout
   * comes, five minutes later perhaps; if calls that began since the last suspect have come back well for ten seconds,
   * nobody must be accused of that any more.
   */
  isOldNews(call: CallInFlight): boolean {
    const { reported } = call;
    return reported !== undefined && (reported.answeredTick - reported.suspectedTick) * TICK_MS > WELL_AGAIN_MS;
  }

  /** A call is back, or given up. Once is enough; a second time changes nothing. O(1). */
  end(call: CallInFlight): void {
    if (call.isOver) return;
    call.isOver = true;
    this.#wheel.remove(call);
    this.#count--;
  }

  /** Lets the timer rest where there is nothing to watch; it would do so by itself within a tick. */
  rest(): void {
    if (this.#count === 0) this.pulse.stop();
  }

  /** Lets the wheel turn. It does not where the clock sets no timer. */
  #turns(): boolean {
    if (!this.pulse.isTicking) this.#watcher.guarded(() => this.pulse.start());
    return this.pulse.isTicking;
  }

  #look(tick: number): boolean {
    this.#lastSuspicion = undefined;
    const due = this.#wheel.takeDue(tick);
    for (const [index, call] of due.entries()) {
      if (index >= LOOKS_PER_TICK) this.#wheel.add(call, tick + 1);
      else this.#lookAt(call, tick);
    }
    return this.#count > 0;
  }

  #lookAt(call: CallInFlight, tick: number): void {
    // The host's own rules, which are asked on the way, may end calls that are due with this one, or this one itself.
    const next = call.isOver ? undefined : this.#watcher.guarded(() => this.#judge(call, tick));
    if (next === undefined) this.end(call);
    else this.#wheel.add(call, Math.max(tick + 1, next));
  }

  /** Reports a call that has become suspicious; returns the tick of the next look, or nothing if there is none. */
  #judge(call: CallInFlight, tick: number): number | undefined {
    const pair = this.#concerning(call);
    if (!pair || call.isOver || call.begun?.settled()) return undefined;
    const ageMs = (tick - call.startTick - 1) * TICK_MS;
    if (ageMs > WATCH_MS_MAX + EXPECTED_TIMES * (call.begun?.expected?.ms ?? 0)) {
      this.#forgottenCount++;
      return undefined;
    }
    const known = call.begun ? knownOfWork(call.begun) : pair.latency;
    const phi = this.#suspicionOf(ageMs, known);
    // Nothing is known yet; what comes back meanwhile will tell.
    if (phi === undefined) return tickAt(call, Math.min(ageMs * 2, ageMs + REPEAT_MS_MAX));
    // Whoever has answered a later call answers now, and what is still out is lost. That is told once all the same: where a part of
    // an operation hangs, all that hangs is overtaken. After that, and when all has been well for a while, it is no news any more.
    const isLost = pair.answeredTick > call.startTick && (call.isToldAgain || this.isOldNews(call));
    const isAgain = call.reported !== undefined;
    if (phi >= this.#settings.hungSuspicion && !isLost) {
      call.reported = pair;
      call.isToldAgain = isAgain;
      pair.suspectedTick = Math.max(pair.suspectedTick, call.startTick);
      this.#watcher.hung(call, pair, phi, ageMs, isAgain);
    }
    const nextPhi = call.reported ? 2 * phi : this.#settings.hungSuspicion;
    const afterMs = suspiciousAfterMs(nextPhi, known) ?? ageMs;
    const soonestMs = call.reported ? this.#againMs(ageMs, isAgain) : ageMs;
    return tickAt(call, Math.min(Math.max(afterMs, soonestMs), ageMs + REPEAT_MS_MAX));
  }

  /** How old a call must be at the least to be told of again: so that it is sure, then once a window. */
  #againMs(ageMs: number, isAgain: boolean): number {
    return isAgain ? ageMs + this.#settings.windowMs : SURE_FLOORS * this.#settings.hungFloorMs;
  }

  /** Calls that began together hang together, and what is known of one is known of the next. */
  #suspicionOf(ageMs: number, known: KnownLatencies): number | undefined {
    const last = this.#lastSuspicion;
    if (last?.ageMs === ageMs && last.known === known) return last.phi;
    const phi = suspicionOf(ageMs, known);
    this.#lastSuspicion = { ageMs, known, phi };
    return phi;
  }

  #concerning(call: CallInFlight): Pair | undefined {
    if (call.begun) return call.begun.pair;
    const span = call.span ?? call.later?.deref();
    if (!span) {
      this.#forgottenCount++;
      return undefined;
    }
    call.later ??= new WeakRef(span);
    call.span = undefined;
    return call.reported ?? this.#watcher.pairOf(span);
  }
}

/** The tick at which a call has been out for so long, whenever within its first tick it started. */
function tickAt(call: CallInFlight, ageMs: number): number {
  return call.startTick + ticksFor(ageMs);
}

function ticksFor(ms: number): number {
  return Math.ceil(ms / TICK_MS) + 1;
}
