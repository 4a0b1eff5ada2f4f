// SPDX-License-Identifier: Apache-2.0
/**
 * A simulated world: one seed draws who is there, who calls whom, what goes wrong, what the network does to the telemetry
 * and when the engine dies. Everything that is heard goes through the real engine on a clock of the world's own; what the
 * engine says of it is held against what is true (`oracle.ts`).
 */
import { Calendar } from './calendar.js';
import { Calls, type EndedCall, type Served } from './calls.js';
import type { Contestant } from './contestants.js';
import { Delivery } from './delivery.js';
import { Dice } from './dice.js';
import { EngineHost } from './engine-host.js';
import { KINDS } from './fault-draw.js';
import { FAULT_KINDS, Fault, type Spike } from './faults.js';
import { Guest } from './guest.js';
import { Log } from './log.js';
import { type Found, Oracle, type Violation } from './oracle.js';
import { OrdinarySpans } from './ordinary-spans.js';
import type { Parcel } from './parcels.js';
import { Places } from './places.js';
import { nameAll, Routes } from './routes.js';
import { type Driver, drawTopology, type Instance, type Scale, type Topology } from './topology.js';

/** Most worlds are small, some are not, and one in 250 has hundreds of observers and subjects. */
const SCALES: readonly { readonly share: number; readonly scale: Scale }[] = [
  {
    share: 0.004,
    scale: { serviceCountMin: 12, serviceCountMax: 20, instanceCountMax: 24, callRateMin: 50, callRateMax: 130 },
  },
  {
    share: 0.07,
    scale: { serviceCountMin: 6, serviceCountMax: 12, instanceCountMax: 4, callRateMin: 10, callRateMax: 50 },
  },
  {
    share: 1,
    scale: { serviceCountMin: 2, serviceCountMax: 6, instanceCountMax: 3, callRateMin: 1, callRateMax: 20 },
  },
];

/** A fault comes once everybody has been heard, and leaves time to see everybody well again. In ms. */
const CALM_MS = [25_000, 45_000] as const;
const FAULT_MS = [12_000, 45_000] as const;
const AFTER_MS = [20_000, 65_000] as const;

const SWEEP_MS = 500;
/** How long ordinary spans wait for their batch: the SDK's default, and ours. */
const STOCK_BATCH_MS = 5000;
const GUEST_BATCH_MS = 1000;

export interface WorldReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly faults: readonly { readonly fault: Fault; readonly found: Found }[];
  readonly summary: string;
  readonly callCount: number;
  readonly instanceCount: number;
  readonly transitionCount: number;
  readonly doubtCount: number;
  readonly log: readonly string[];
}

export class World {
  readonly #seed: number;
  readonly #contestant: Contestant;
  readonly #dice: Dice;
  readonly #calendar = new Calendar();
  readonly #places = new Places();
  readonly #spikes: Spike[] = [];
  readonly #faults: Fault[] = [];
  readonly #topology: Topology;
  readonly #untilMs: number;
  readonly #log: Log;
  readonly #oracle: Oracle;
  readonly #host: EngineHost;
  readonly #calls: Calls;
  readonly #guests = new Map<Instance, Guest>();
  readonly #spans = new Map<Instance, OrdinarySpans>();
  readonly #sampledShare: number;
  #traceCount = 0;
  #transitionCount = 0;

  constructor(seed: number, contestant: Contestant, isLogged = false) {
    this.#seed = seed;
    this.#contestant = contestant;
    this.#dice = new Dice(seed);
    this.#log = new Log(isLogged, () => this.#calendar.nowMs);
    this.#topology = this.#draw();
    this.#sampledShare = this.#dice.scaleBetween(0.05, 1);
    this.#untilMs = this.#befall();
    nameAll(this.#topology.services, this.#places);
    this.#oracle = new Oracle(contestant, this.#places, this.#log, {
      nowMs: () => this.#calendar.nowMs,
      later: (delayMs, check) => this.#calendar.at(this.#calendar.nowMs + delayMs, () => this.#then(check)),
    });
    this.#host = new EngineHost(contestant, (transition) => {
      this.#transitionCount++;
      this.#oracle.transition(transition);
    });
    this.#calls = new Calls(this.#dice.fork(), this.#spikes, {
      called: (call) => this.#called(call),
      served: (served) => this.#served(served),
    });
    this.#populate();
  }

  run(): WorldReport {
    this.#log.write(() => this.#summary());
    for (const { text, fromMs, untilMs } of this.#faults) {
      this.#calendar.at(fromMs, () => this.#log.write(() => `FAULT ${text}`));
      this.#calendar.at(untilMs, () => this.#log.write(() => `REPAIRED ${text}`));
    }
    this.#host.start();
    const drivers = this.#dice.fork();
    for (const driver of this.#topology.drivers) this.#drive(driver, drivers);
    this.#sweep();
    this.#calendar.run(this.#untilMs);
    this.#host.stop();
    return {
      seed: this.#seed,
      violations: this.#oracle.violations,
      faults: this.#faults.map((fault) => ({ fault, found: this.#oracle.foundOf(fault) })),
      summary: this.#summary(),
      callCount: this.#calls.callCount,
      instanceCount: this.#topology.services.reduce((sum, { instances }) => sum + instances.length, 0),
      transitionCount: this.#transitionCount,
      doubtCount: this.#oracle.doubtCount,
      log: this.#log.lines,
    };
  }

  #draw(): Topology {
    const roll = this.#dice.share();
    const scale = (SCALES.find(({ share }) => roll < share) ?? SCALES[SCALES.length - 1])?.scale as Scale;
    const { can } = this.#contestant;
    const allowed = { noise: can.has('noise'), shared: can.has('shared') };
    return drawTopology(this.#dice.fork(), scale, allowed, () => this.#places.add());
  }

  /** Draws what goes wrong; returns when the world ends. */
  #befall(): number {
    const kinds = FAULT_KINDS.filter((kind) => KINDS[kind].needs.every((each) => this.#contestant.can.has(each)));
    let lastMs = this.#dice.between(...CALM_MS);
    const count = this.#dice.happens(0.15) ? 0 : this.#dice.happens(0.75) ? 1 : 2;
    const fromMs = lastMs;
    for (const kind of this.#dice.sample(kinds, count)) {
      const span = { fromMs: fromMs + this.#dice.between(0, 8000), untilMs: 0 };
      span.untilMs = span.fromMs + this.#dice.between(...FAULT_MS);
      const { befall, finding } = KINDS[kind];
      const ground = {
        dice: this.#dice.fork(),
        topology: this.#topology,
        places: this.#places,
        spikes: this.#spikes,
        ...span,
      };
      const fault = befall(ground, (text, ...hit) => {
        const culprits = hit.flatMap(({ place, service }) => [place, service.place]);
        return new Fault(kind, finding, span, text, culprits);
      });
      if (!fault) continue;
      this.#faults.push(fault);
      lastMs = Math.max(lastMs, fault.untilMs);
    }
    return lastMs + this.#dice.between(...AFTER_MS);
  }

  /** Gives everybody a clock, pauses, and a way to tell; the engine its restarts. */
  #populate(): void {
    const dice = this.#dice.fork();
    const delivery = new Delivery(dice.fork(), this.#calendar, dice.between(0.01, 0.05), (parcel) =>
      this.#receive(parcel),
    );
    const send = (parcel: Parcel) => delivery.send(parcel);
    const routes = new Routes(this.#places);
    for (const { instances, telemetry } of this.#topology.services) {
      for (const instance of instances) {
        if (dice.happens(0.15)) instance.skewMs = (dice.happens(0.5) ? 1 : -1) * dice.scaleBetween(100, 7_200_000);
        for (let atMs = dice.wait(40_000); atMs < this.#untilMs; atMs += 1000 + dice.wait(40_000)) {
          instance.pauses.push({ fromMs: atMs, untilMs: atMs + dice.scaleBetween(20, 300) });
        }
        if (telemetry === 'none') continue;
        const periodMs = telemetry === 'guest' ? GUEST_BATCH_MS : STOCK_BATCH_MS;
        const spans = new OrdinarySpans(instance, this.#calendar, routes, send, periodMs);
        spans.start(dice.between(0, periodMs));
        this.#spans.set(instance, spans);
        if (telemetry !== 'guest') continue;
        const guest = new Guest(instance, this.#calendar, routes, send);
        guest.start(dice.between(0, 1000));
        this.#guests.set(instance, guest);
      }
    }
    if (dice.happens(0.1)) this.#restartEngine(dice);
  }

  /** The engine dies, is away for a while, and comes back with nothing in its memory; its clock may have been set. */
  #restartEngine(dice: Dice): void {
    const atMs = dice.between(0.2, 0.8) * this.#untilMs;
    const jumpMs = dice.happens(0.3) ? (dice.happens(0.5) ? 1 : -1) * dice.scaleBetween(1000, 3_600_000) : 0;
    this.#calendar.at(atMs, () => {
      this.#log.write(
        () => `ENGINE dies${jumpMs === 0 ? '' : `, and its clock is set by ${Math.round(jumpMs / 1000)} s`}`,
      );
      this.#host.stop();
      if (jumpMs !== 0) this.#host.jump(jumpMs);
    });
    this.#calendar.at(atMs + dice.between(200, 8000), () => {
      this.#log.write(() => 'ENGINE is back');
      this.#host.catchUp(this.#calendar.nowMs);
      this.#oracle.restarted(this.#host.offMs);
      this.#host.start();
    });
  }

  #drive({ instance, operation, gapMs }: Driver, dice: Dice): void {
    const nowMs = this.#calendar.nowMs;
    const spike = this.#spikes.find(({ fromMs, untilMs }) => nowMs >= fromMs && nowMs < untilMs);
    this.#calendar.at(nowMs + dice.wait(gapMs / (spike?.rateFactor ?? 1)), () => {
      const trace = { id: ++this.#traceCount, sampled: dice.happens(this.#sampledShare) };
      this.#calls.begin(instance, operation, this.#calendar.nowMs, trace);
      this.#drive({ instance, operation, gapMs }, dice);
    });
  }

  #called(call: EndedCall): void {
    this.#guests.get(call.caller)?.called(call);
    this.#spans.get(call.caller)?.called(call);
  }

  #served(served: Served): void {
    this.#spans.get(served.instance)?.served(served);
  }

  #receive(parcel: Parcel): boolean {
    if (!this.#host.engine) return false;
    this.#then(() => {
      if (this.#host.isNew(parcel)) this.#oracle.arrived(parcel);
      this.#host.accept(parcel);
    });
    return true;
  }

  #sweep(): void {
    this.#calendar.at(this.#calendar.nowMs + SWEEP_MS, () => {
      this.#then(() => this.#oracle.sweep());
      this.#sweep();
    });
  }

  /** What happens to the engine happens at its own time; nothing does while it is away. */
  #then(task: () => void): void {
    if (!this.#host.engine) return;
    this.#host.catchUp(this.#calendar.nowMs);
    task();
  }

  #summary(): string {
    const { services, edges } = this.#topology;
    const shown = services.map(({ name, instances, telemetry }) => `${name} ×${instances.length} ${telemetry}`);
    const faults = this.#faults.map(
      ({ kind, text, fromMs, untilMs }) =>
        `${kind} ${Math.round(fromMs / 1000)}–${Math.round(untilMs / 1000)} s: ${text}`,
    );
    return `${shown.join(', ')}; ${edges.length} edges; ${faults.join('; ') || 'nothing goes wrong'}`;
  }
}
