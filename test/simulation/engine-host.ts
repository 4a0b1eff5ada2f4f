// SPDX-License-Identifier: Apache-2.0
/** The machine of the engine: it dies and is started again, and its clock is set; the engine itself is the real one. */
import type { Engine } from '../../src/engine/engine.js';
import type { Transition } from '../../src/model/verdict.js';
import { FakeClock } from '../support/fake-clock.js';
import type { Contestant } from './contestants.js';
import { type Parcel, WORLD_BEGAN_MS } from './parcels.js';

export class EngineHost {
  readonly #contestant: Contestant;
  readonly #onTransition: (transition: Transition) => void;
  readonly #clock = new FakeClock(WORLD_BEGAN_MS);
  #engine: Engine | undefined;
  #known = new WeakSet<Parcel>();
  /** How far the machine's clock is off, in ms. */
  offMs = 0;

  constructor(contestant: Contestant, onTransition: (transition: Transition) => void) {
    this.#contestant = contestant;
    this.#onTransition = onTransition;
  }

  get engine(): Engine | undefined {
    return this.#engine;
  }

  start(): void {
    this.#known = new WeakSet();
    this.#engine = this.#contestant.makeEngine(this.#clock, { onTransition: this.#onTransition });
    this.#engine.start();
  }

  stop(): void {
    this.#engine?.stop();
    this.#engine = undefined;
  }

  /** Sets the machine's clock. */
  jump(byMs: number): void {
    this.#clock.jump(byMs);
    this.offMs += byMs;
  }

  /** Lets the engine's time come to the world's. */
  catchUp(nowMs: number): void {
    this.#clock.advance(WORLD_BEGAN_MS + nowMs - this.#clock.monotonicMs());
  }

  /** Whether a parcel is new to the engine that runs. */
  isNew(parcel: Parcel): boolean {
    if (this.#known.has(parcel)) return false;
    this.#known.add(parcel);
    return true;
  }

  accept({ resource, spans }: Parcel): void {
    const refused = this.#engine?.accept({
      resources: [{ resource, spans }],
      spanCount: spans.length,
      rejectedSpans: 0,
      rejectedMessage: '',
    });
    if (refused && refused.rejected > 0) throw new Error(`the engine refused a span: ${refused.message}`);
  }
}
