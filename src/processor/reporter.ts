// SPDX-License-Identifier: Apache-2.0
/**
 * From what was seen to what is sent: folds it in the window, ends the window each second while there is something to
 * tell, and hands over observation spans. Everything that observes comes through here, be it an ended span, a call that
 * hangs, or the word of the host itself.
 */
import { say } from '../diagnostics.js';
import type { Timer } from '../model/clock.js';
import { OPERATION_OTHER } from '../model/limits.js';
import { observerOf } from '../observe/observer-identity.js';
import { observationSpan } from './observation-spans.js';
import { type FoldedSighting, ObservationWindow } from './observation-window.js';
import type { ProcessorSettings } from './options.js';
import { Outbox } from './outbox.js';
import type { Ended, Pair, Shown } from './pair.js';
import type { Pulse } from './pulse.js';
import { isResource, type Resource, resourceOfSdk } from './sdk-resource.js';

export class Reporter {
  readonly window: ObservationWindow;
  readonly outbox: Outbox;
  readonly #settings: ProcessorSettings;
  readonly #pulse: Pulse;
  readonly #guarded: <T>(work: () => T) => T | undefined;
  #timer: Timer | undefined;
  #resource: Resource | undefined;
  #lossCount = 0;
  #inLossEpisode = false;

  /** @param guarded runs what must not fail its caller, and contains its faults */
  constructor(settings: ProcessorSettings, pulse: Pulse, guarded: <T>(work: () => T) => T | undefined) {
    this.#settings = settings;
    this.#pulse = pulse;
    this.#guarded = guarded;
    this.window = new ObservationWindow(settings.pairCountMax);
    this.outbox = new Outbox(settings, guarded);
  }

  /** Whose word it is: the resource of the span seen last. Before the first one the SDK is asked, if it has started. */
  get resource(): Resource | undefined {
    // The host's own tracer is asked.
    this.#resource ??= this.#guarded(resourceOfSdk);
    return this.#resource;
  }

  /** Whose word it may be: of any span, until there is a call. */
  mayKnow(resource: Resource): void {
    if (isResource(resource)) this.#resource ??= resource;
  }

  /** Whose word it is from now on: the resource of the span at hand. */
  speakAs(resource: Resource): void {
    if (isResource(resource)) this.#resource = resource;
  }

  /** Takes a call that ended, or was looked at, at `atMs` (epoch). Sends what must go at once. */
  report(pair: Pair, outcome: Ended, atMs: number, latencyMs: number, shown?: Shown, suspicion?: number): void {
    const urgent = this.window.add(pair, outcome, atMs, latencyMs, shown, suspicion);
    if (urgent.length > 0) this.#send(urgent);
    const { clock, windowMs } = this.#settings;
    this.#timer ??= clock.setTimer(windowMs, () => this.#guarded(() => this.endWindow()));
  }

  /** Sends all that waits. */
  endWindow(): void {
    const timer = this.#timer;
    this.#timer = undefined;
    if (timer) this.#guarded(() => timer.cancel());
    this.#send(this.window.drain(this.#guarded(() => this.#settings.clock.monotonicMs()) ?? 0));
    this.#sayLosses();
  }

  #send(folded: readonly FoldedSighting[]): void {
    if (folded.length === 0) return;
    const { resource } = this;
    if (!resource) {
      this.outbox.lose(folded.length, 'nobody knows yet whose word it is, because no SDK has started');
      return;
    }
    const { random } = this.#settings;
    const lagSeconds = this.#guarded(() => this.#pulse.lagSeconds) ?? 0;
    this.outbox.push(
      folded.map((each) => ({
        resource,
        make: () => observationSpan(each, observerOf(resource), resource, lagSeconds, random),
      })),
    );
  }

  /** One warning when a bound is first reached; the next comes only after a window in which none was. */
  #sayLosses(): void {
    const { droppedCount, foldedCount } = this.window;
    const lossCount = droppedCount + foldedCount;
    if (lossCount > this.#lossCount && !this.#inLossEpisode) {
      say(
        'warn',
        () =>
          `a bound was reached: ${droppedCount} calls dropped past pairCountMax, ${foldedCount} folded into the operation "${OPERATION_OTHER}" so far`,
      );
    }
    this.#inLossEpisode = lossCount > this.#lossCount;
    this.#lossCount = lossCount;
  }
}
