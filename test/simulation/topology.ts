// SPDX-License-Identifier: Apache-2.0
/**
 * Who is there in a simulated world, and who calls whom: services in layers, from those that the outside calls down to
 * databases; each with instances, operations, and the calls that an operation makes of deeper ones.
 */
import type { Dice } from './dice.js';
import type { CallerEffect, ServerEffect } from './faults.js';
import type { Place } from './places.js';

/**
 * What a service tells: `guest` is a process with Panorama, `stock` one with OpenTelemetry alone, `none` a database or the
 * like, of which only its callers tell.
 */
export type Telemetry = 'guest' | 'stock' | 'none';

/** How callers address a service: each instance by its name or its address, or all of them by one name. */
export type Addressing = 'name' | 'address' | 'shared';

export interface Service {
  readonly name: string;
  readonly layer: number;
  readonly telemetry: Telemetry;
  readonly instances: Instance[];
  readonly operations: Operation[];
  /** Whom a call accuses that names the service alone. */
  readonly place: Place;
  /** Whether its instances are being replaced, one after the other. */
  isRolling: boolean;
}

export interface Instance {
  readonly id: number;
  readonly service: Service;
  /** `service/instance`. */
  readonly name: string;
  readonly host: string;
  readonly place: Place;
  readonly upFromMs: number;
  upUntilMs: number;
  /** How far its clock is off, and from when on by how much more. In ms. */
  skewMs: number;
  steps: { readonly atMs: number; readonly byMs: number }[];
  /** What is wrong with it as a callee and as a caller. */
  readonly ills: ServerEffect[];
  readonly troubles: CallerEffect[];
  /** Times in which it stands still, as for a collection of garbage; in order. */
  readonly pauses: { readonly fromMs: number; readonly untilMs: number }[];
  /** Calls in the second that is counted, for what breaks under load. */
  load: { second: number; count: number };
}

export interface Operation {
  readonly name: string;
  readonly service: Service;
  /** Of its own time, without that of the calls it makes. */
  readonly medianMs: number;
  readonly sigma: number;
  /** A few calls in a thousand take many times as long. */
  readonly tailChance: number;
  readonly tailFactor: number;
  readonly calls: Edge[];
}

/** One call that an operation makes. */
export interface Edge {
  readonly id: number;
  readonly target: Operation;
  readonly addressing: Addressing;
  /** How often it makes it: 1 is always. */
  readonly chance: number;
  readonly timeoutMs: number;
  /** Whether the operation fails where the call does. */
  readonly required: boolean;
  readonly retryCount: number;
  /** Share of calls that fail although nothing is wrong. */
  readonly errorShare: number;
}

/** What the outside calls, and how often. */
export interface Driver {
  readonly instance: Instance;
  readonly operation: Operation;
  readonly gapMs: number;
}

export interface Topology {
  readonly services: readonly Service[];
  readonly drivers: readonly Driver[];
  readonly edges: readonly Edge[];
}

/** How large a world is. */
export interface Scale {
  readonly serviceCountMin: number;
  readonly serviceCountMax: number;
  readonly instanceCountMax: number;
  /** Calls between all of them in a second, from a quiet world to a busy one. */
  readonly callRateMin: number;
  readonly callRateMax: number;
}

const LAYER_COUNT_MAX = 4;

/** What may be there. */
export interface Allowed {
  /** Calls that fail by chance. */
  readonly noise: boolean;
  /** Instances that share one address, of which the engine learns who is behind it. */
  readonly shared: boolean;
}

export function drawTopology(dice: Dice, scale: Scale, allowed: Allowed, newPlace: () => Place): Topology {
  const layerCount = dice.whole(2, LAYER_COUNT_MAX);
  const serviceCount = Math.max(layerCount, dice.whole(scale.serviceCountMin, scale.serviceCountMax));
  const services: Service[] = [];
  let instanceId = 0;
  for (let index = 0; index < serviceCount; index++) {
    const layer = index < layerCount ? index : dice.whole(0, layerCount - 1);
    const service = drawService(dice, `s${index}`, layer, layer === layerCount - 1, newPlace);
    const instanceCount = dice.whole(1, scale.instanceCountMax);
    for (let number = 1; number <= instanceCount; number++) {
      service.instances.push(newInstance(++instanceId, service, `i${number}`, newPlace()));
    }
    services.push(service);
  }
  const edges = drawEdges(dice, services, allowed);
  return { services, edges, drivers: drawDrivers(dice, services, scale) };
}

export function newInstance(id: number, service: Service, name: string, place: Place, upFromMs = 0): Instance {
  place.service = service.place;
  service.place.parts.push(place);
  const host = `10.${id >> 16}.${(id >> 8) & 255}.${id & 255}`;
  return {
    id,
    service,
    name: `${service.name}/${name}`,
    host,
    place,
    upFromMs,
    upUntilMs: Number.POSITIVE_INFINITY,
    skewMs: 0,
    steps: [],
    ills: [],
    troubles: [],
    pauses: [],
    load: { second: 0, count: 0 },
  };
}

/** How far an instance's clock is off at a time. */
export function skewAt({ skewMs, steps }: Instance, atMs: number): number {
  let off = skewMs;
  for (const step of steps) if (atMs >= step.atMs) off += step.byMs;
  return off;
}

function drawService(dice: Dice, name: string, layer: number, isLeaf: boolean, newPlace: () => Place): Service {
  const telemetry = isLeaf && dice.happens(0.4) ? 'none' : dice.happens(0.65) ? 'guest' : 'stock';
  const service: Service = {
    name,
    layer,
    telemetry,
    instances: [],
    operations: [],
    place: newPlace(),
    isRolling: false,
  };
  const operationCount = dice.whole(1, 3);
  for (let index = 0; index < operationCount; index++) {
    service.operations.push({
      name: `op${index}`,
      service,
      medianMs: dice.scaleBetween(1, 60),
      sigma: dice.between(0.2, 0.6),
      tailChance: dice.between(0, 0.005),
      tailFactor: dice.scaleBetween(3, 15),
      calls: [],
    });
  }
  return service;
}

function drawEdges(dice: Dice, services: readonly Service[], allowed: Allowed): Edge[] {
  const edges: Edge[] = [];
  // From the deepest up, so that a caller's patience can be that of all its callees together.
  for (const service of [...services].sort((a, b) => b.layer - a.layer)) {
    const deeper = services.filter(({ layer }) => layer > service.layer).flatMap(({ operations }) => operations);
    if (deeper.length === 0) continue;
    for (const operation of service.operations) {
      const count = dice.whole(service.layer === 0 ? 1 : 0, Math.min(2, deeper.length));
      for (const target of dice.sample(deeper, count)) {
        const below = target.calls.reduce((sum, edge) => sum + edge.timeoutMs * (edge.retryCount + 1), 0);
        const ownMs = dice.between(800, 2500);
        const edge: Edge = {
          id: edges.length,
          target,
          addressing: drawAddressing(dice, target.service, allowed),
          chance: dice.happens(0.6) ? 1 : dice.between(0.3, 1),
          timeoutMs: dice.happens(0.75) ? Math.max(ownMs, 1.1 * below + 500) : ownMs,
          required: dice.happens(0.85),
          retryCount: dice.happens(0.15) ? dice.whole(1, 2) : 0,
          errorShare: allowed.noise && dice.happens(0.4) ? dice.scaleBetween(0.0005, 0.01) : 0,
        };
        operation.calls.push(edge);
        edges.push(edge);
      }
    }
  }
  return edges;
}

function drawAddressing(dice: Dice, { telemetry, instances }: Service, { shared }: Allowed): Addressing {
  const isDatabase = telemetry === 'none';
  const mayShare = shared || isDatabase || instances.length === 1;
  return dice.pick([isDatabase ? 'address' : 'name', 'address', 'address', mayShare ? 'shared' : 'address']);
}

function drawDrivers(dice: Dice, services: readonly Service[], scale: Scale): Driver[] {
  const entrances = services
    .filter(({ layer }) => layer === 0)
    .flatMap(({ instances, operations }) =>
      instances.flatMap((instance) =>
        operations.map((operation) => ({ instance, operation, weight: dice.scaleBetween(0.1, 1) })),
      ),
    );
  const callsPerSecond = dice.scaleBetween(scale.callRateMin, scale.callRateMax);
  const calls = entrances.reduce((sum, { operation, weight }) => sum + weight * callsOf(operation), 0);
  return entrances.map(({ instance, operation, weight }) => ({
    instance,
    operation,
    gapMs: (1000 * calls) / (callsPerSecond * weight),
  }));
}

/** How many calls one request to an operation makes in the end. */
function callsOf(operation: Operation): number {
  return operation.calls.reduce((sum, { chance, target }) => sum + chance * (1 + callsOf(target)), 0);
}
