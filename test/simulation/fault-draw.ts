// SPDX-License-Identifier: Apache-2.0
/** Which fault befalls whom: each kind draws its target among the components that somebody calls. */
import type { Dice } from './dice.js';
import type { Capability, Fault, FaultKind, Finding, ServerEffect, Spike } from './faults.js';
import type { Places } from './places.js';
import { type Edge, type Instance, newInstance, type Operation, type Service, type Topology } from './topology.js';

/** What a fault is drawn in. */
export interface Ground {
  readonly dice: Dice;
  readonly topology: Topology;
  readonly places: Places;
  readonly spikes: Spike[];
  readonly fromMs: number;
  readonly untilMs: number;
}

interface Kind {
  readonly finding: Finding;
  readonly needs: readonly Capability[];
  /** Makes it; nothing where this world has nobody for it. */
  readonly befall: (ground: Ground, make: (text: string, ...hit: Instance[]) => Fault) => Fault | undefined;
}

/** How many times as long slow calls take: past twice what one call in twenty takes, whatever the spread. */
const SLOW_FACTORS = [10, 30] as const;

/** Overload: what is left of the capacity, in shares of the load there was; and the calls of a second without which it is none. */
const CAPACITY_LEFT = 0.4;

export const KINDS: Readonly<Record<FaultKind, Kind>> = {
  crash: hit('unhealthy', ({ dice }, { instance }, make) => {
    const fault = make(`${instance.name} crashes`, instance);
    instance.troubles.push({ fault, mode: 'mute', share: 1, lagSeconds: 0 });
    return [fault, { mode: 'refuse', amount: dice.between(1, 3) }];
  }),
  hang_operation: hit('unhealthy', (_, { instance, operation }, make) => [
    make(`${operation.name} of ${instance.name} hangs`, instance),
    { mode: 'hang', amount: 1, operation },
  ]),
  hang_all: hit('unhealthy', (_, { instance }, make) => [
    make(`${instance.name} hangs`, instance),
    { mode: 'hang', amount: 1 },
  ]),
  errors_operation: hit('unhealthy', (_, { instance, operation }, make) => [
    make(`${operation.name} of ${instance.name} fails`, instance),
    { mode: 'fail', amount: 1, operation },
  ]),
  errors_half: hit('doubt', (_, { instance, operation }, make) => [
    make(`every second call of ${operation.name} of ${instance.name} fails`, instance),
    { mode: 'fail', amount: 0.5, operation },
  ]),
  slow_instance: {
    finding: 'doubt',
    needs: ['slow'],
    befall: (ground, make) => slow(ground, make, ({ instance }) => instance.service.instances.length > 1),
  },
  slow_dependency: {
    finding: 'doubt',
    needs: ['slow'],
    befall: (ground, make) => slow(ground, make, ({ operation }) => operation.calls.length === 0),
  },
  partition: {
    finding: 'doubt',
    needs: [],
    befall: (ground, make) => {
      const target = targetIn(ground, ({ callers }) => callers.length > 1);
      if (!target) return undefined;
      const { instance, callers } = target;
      const cut = ground.dice.sample(callers, ground.dice.whole(1, callers.length - 1));
      const fault = make(`${instance.name} is out of reach of ${cut.map(({ name }) => name).join(', ')}`, instance);
      instance.ills.push({ fault, mode: 'unreachable', amount: 1, callers: new Set(cut) });
      return fault;
    },
  },
  flapping: hit('doubt', ({ dice }, { instance }, make) => [
    make(`${instance.name} comes and goes`, instance),
    { mode: 'refuse', amount: 2, beatMs: dice.between(3000, 8000) },
  ]),
  retry_storm: {
    finding: 'doubt',
    needs: [],
    befall: (ground, make) => {
      const target = targetIn(ground, ({ instance }) => usualLoad(ground, instance) >= MIN_STORM_RATE);
      if (!target) return undefined;
      const { instance } = target;
      const bears = CAPACITY_LEFT * usualLoad(ground, instance);
      const fault = make(`${instance.name} bears ${bears.toFixed(1)} calls a second, and is asked again`, instance);
      instance.ills.push({ fault, mode: 'overload', amount: bears });
      return fault;
    },
  },
  observer_overloaded: {
    finding: 'nobody',
    needs: ['trust'],
    befall: ({ dice, topology }, make) => {
      // Only a guest measures its own event loop.
      const guests = topology.drivers.filter(({ instance }) => instance.service.telemetry === 'guest');
      if (guests.length === 0) return undefined;
      const { instance } = dice.pick(guests);
      const lagSeconds = dice.between(1, 4);
      const fault = make(`${instance.name} is overloaded, ${lagSeconds.toFixed(1)} s late`);
      instance.troubles.push({ fault, mode: 'late', share: dice.between(0.5, 0.9), lagSeconds });
      return fault;
    },
  },
  observer_biased: {
    finding: 'nobody',
    needs: [],
    befall: (ground, make) => {
      const instance = callerIn(ground);
      const fault = make(`${instance.name} can call nobody`, instance);
      instance.troubles.push({ fault, mode: 'broken', share: 1, lagSeconds: 0 });
      return fault;
    },
  },
  observer_silent: {
    finding: 'nobody',
    needs: [],
    befall: (ground, make) => {
      const instance = callerIn(ground);
      const fault = make(`nothing is heard of ${instance.name}`);
      instance.troubles.push({ fault, mode: 'mute', share: 1, lagSeconds: 0 });
      return fault;
    },
  },
  clock_step: {
    finding: 'nobody',
    needs: [],
    befall: (ground, make) => {
      const instance = callerIn(ground);
      const byMs = (ground.dice.happens(0.5) ? 1 : -1) * ground.dice.scaleBetween(5000, 7_200_000);
      const fault = make(`the clock of ${instance.name} is set by ${Math.round(byMs / 1000)} s`);
      instance.steps.push({ atMs: ground.fromMs, byMs });
      return fault;
    },
  },
  load_spike: {
    finding: 'nobody',
    needs: [],
    befall: ({ dice, spikes, fromMs, untilMs }, make) => {
      const [rateFactor, latencyFactor] = [dice.between(1.5, 3), dice.between(1.2, 1.8)];
      spikes.push({ fromMs, untilMs, rateFactor, latencyFactor });
      return make(`${rateFactor.toFixed(1)} times the calls, ${latencyFactor.toFixed(1)} times as long`);
    },
  },
  rolling_restart: {
    finding: 'nobody',
    needs: [],
    befall: (ground, make) => {
      const isFit = ({ instances }: Service) =>
        instances.length > 1 && instances.every(({ ills }) => ills.length === 0);
      const target = targetIn(ground, ({ instance }) => isFit(instance.service));
      if (!target) return undefined;
      rollOver(ground, target.instance.service);
      return make(`${target.instance.service.name} is restarted, one instance after the other`);
    },
  },
};

/** Calls a second below which there is no storm. */
const MIN_STORM_RATE = 4;

interface Target {
  readonly instance: Instance;
  readonly operation: Operation;
  readonly callers: readonly Instance[];
}

/** A fault of one instance that somebody calls. */
function hit(
  finding: Finding,
  befall: (
    ground: Ground,
    target: Target,
    make: (text: string, ...hit: Instance[]) => Fault,
  ) => readonly [Fault, Omit<ServerEffect, 'fault'>],
): Kind {
  return {
    finding,
    needs: [],
    befall: (ground, make) => {
      const target = targetIn(ground, () => true);
      if (!target) return undefined;
      const [fault, effect] = befall(ground, target, make);
      target.instance.ills.push({ fault, ...effect });
      return fault;
    },
  };
}

function slow(
  ground: Ground,
  make: (text: string, ...hit: Instance[]) => Fault,
  fits: (target: Target) => boolean,
): Fault | undefined {
  const target = targetIn(ground, fits);
  if (!target) return undefined;
  const factor = ground.dice.between(...SLOW_FACTORS);
  const fault = make(`${target.instance.name} takes ${factor.toFixed(0)} times as long`, target.instance);
  target.instance.ills.push({ fault, mode: 'slow', amount: factor });
  return fault;
}

/** Somebody who is called, in an operation that is, and by whom. */
function targetIn({ dice, topology }: Ground, fits: (target: Target) => boolean): Target | undefined {
  const reached = reachedEdges(topology);
  const targets = reached.flatMap(({ caller, edge: { target } }) =>
    target.service.instances.map((instance) => ({ instance, operation: target, caller })),
  );
  const whole = targets.map(({ instance, operation }) => ({
    instance,
    operation,
    callers: [
      ...new Set(
        targets.filter((each) => each.instance === instance).flatMap(({ caller }) => caller.service.instances),
      ),
    ],
  }));
  const fitting = whole.filter((each) => !each.instance.service.isRolling && fits(each));
  return fitting.length === 0 ? undefined : dice.pick(fitting);
}

/** The calls that are made when the outside calls, each once, with who makes it. */
export function reachedEdges({ drivers }: Topology): { caller: Operation; edge: Edge }[] {
  const reached = new Map<Edge, Operation>();
  const open = [...new Set(drivers.map(({ operation }) => operation))];
  for (let caller = open.pop(); caller; caller = open.pop()) {
    for (const edge of caller.calls) {
      if (reached.has(edge)) continue;
      reached.set(edge, caller);
      open.push(edge.target);
    }
  }
  return [...reached].map(([edge, caller]) => ({ caller, edge }));
}

function callerIn({ dice, topology }: Ground): Instance {
  const { caller } = dice.pick(reachedEdges(topology));
  return dice.pick(caller.service.instances);
}

/** Calls a second that an instance gets as the world is drawn. */
function usualLoad({ topology }: Ground, instance: Instance): number {
  const rates = new Map<Operation, number>();
  const add = (operation: Operation, rate: number): void => {
    rates.set(operation, (rates.get(operation) ?? 0) + rate);
    for (const { target, chance } of operation.calls) add(target, rate * chance);
  };
  for (const { operation, gapMs } of topology.drivers) add(operation, 1000 / gapMs);
  const { operations, instances } = instance.service;
  return operations.reduce((sum, operation) => sum + (rates.get(operation) ?? 0), 0) / instances.length;
}

/** Each instance is gone for a while, gets no calls meanwhile, and comes back under a name of its own at the same address. */
function rollOver({ dice, places, topology, fromMs, untilMs }: Ground, service: Service): void {
  service.isRolling = true;
  const old = [...service.instances];
  const eachMs = (untilMs - fromMs) / old.length;
  let lastId = Math.max(...topology.services.flatMap(({ instances }) => instances.map(({ id }) => id)));
  for (const [index, instance] of old.entries()) {
    instance.upUntilMs = fromMs + index * eachMs;
    const upMs = instance.upUntilMs + dice.between(0.2, 0.8) * eachMs;
    const place = places.add();
    place.before = instance.place;
    const next = newInstance(++lastId, service, `i${index + 1}b`, place, upMs);
    service.instances.push({ ...next, host: instance.host, skewMs: instance.skewMs });
  }
}
