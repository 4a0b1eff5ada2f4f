// SPDX-License-Identifier: Apache-2.0
/** The processes of the call trees: started, made known to each other, given trees to run, killed and asked. */
import path from 'node:path';
import type { BaggageCounts, Tuple } from '../../../src/baggage/index.js';
import { type Child, startChild } from '../../support/child.js';
import { until } from '../../support/until.js';
import type { Service, Step } from './plan.js';

/** What came home of one tree. */
export interface Result {
  readonly numbers: readonly number[];
  readonly totals: readonly Tuple[];
  readonly looks: readonly Tuple[];
}

/** What a process, or a thread of it, has to say for itself. */
export interface Told {
  readonly service: Service;
  readonly counts: BaggageCounts;
  /** What was seen wrongly, in words. */
  readonly wrongLooks: readonly string[];
}

/** What processes say: one field a message. */
interface Said {
  readonly address: string;
  readonly met: true;
  readonly results: Result[];
  readonly told: Told[];
  readonly dying: true;
}

interface Member {
  readonly child: Child;
  /** Whoever waits for a message, by its field. */
  readonly waiting: Map<keyof Said, (value: never) => void>;
  readonly gone: Promise<never>;
}

const STRANGERS: ReadonlySet<Service> = new Set<Service>(['plain', 'otel', 'deaf']);
const ENV = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'none' };

/** Trees that A runs at a time, so that they meet on the same connections and at the same queue. */
const WIDTH = 16;

export class Cluster {
  readonly #members = new Map<Service, Member>();
  readonly #addresses: Partial<Record<Service, string>> = {};
  #dyingCount = 0;

  async start(...services: readonly Service[]): Promise<void> {
    for (const service of services) this.#begin(service);
    await this.#all(services, async (service) => {
      this.#addresses[service] = await this.#next(service, 'address');
    });
    await this.#all(services, (service) => this.#ask(service, 'met', { addresses: this.#addresses }));
  }

  /** Where a service listens. */
  addressOf(service: Service): string {
    return this.#addresses[service] ?? '';
  }

  /** Lets A run trees, and waits until all of them are done. */
  run(trees: readonly Step[][], width: number = WIDTH): Promise<Result[]> {
    return this.#ask('A', 'results', { trees, width });
  }

  /** Kills a process once so many calls wait for its death. */
  async killAmid(service: Service, callCount: number): Promise<void> {
    await until(`${callCount} calls at ${service}`, () => this.#dyingCount >= callCount || undefined);
    const { child } = this.#member(service);
    child.process.kill('SIGKILL');
    await child.ended();
    this.#members.delete(service);
  }

  /** What the processes have to say for themselves, since they began. */
  async told(): Promise<Told[]> {
    return (await this.#all([...this.#members.keys()], (service) => this.#ask(service, 'told', { tell: true }))).flat();
  }

  stop(): void {
    for (const { child } of this.#members.values()) child.process.kill('SIGKILL');
    this.#members.clear();
  }

  #begin(service: Service): void {
    const module = STRANGERS.has(service) ? 'stranger.mjs' : 'service.mjs';
    const child = startChild(path.join(import.meta.dirname, module), [service], ENV);
    const waiting: Member['waiting'] = new Map();
    child.process.on('message', (message: Partial<Said>) => {
      if (message.dying) this.#dyingCount++;
      for (const [what, value] of Object.entries(message)) waiting.get(what as keyof Said)?.(value as never);
    });
    const gone = child.ended().then((code) => Promise.reject(new Error(`${service} ended early with ${code}`)));
    gone.catch(() => undefined);
    this.#members.set(service, { child, waiting, gone });
  }

  #ask<K extends keyof Said>(service: Service, what: K, message: object): Promise<Said[K]> {
    const answer = this.#next(service, what);
    this.#member(service).child.process.send(message);
    return answer;
  }

  /** The next message of this kind. */
  #next<K extends keyof Said>(service: Service, what: K): Promise<Said[K]> {
    const { waiting, gone } = this.#member(service);
    return Promise.race([new Promise<Said[K]>((resolve) => waiting.set(what, resolve)), gone]);
  }

  #all<T>(services: readonly Service[], each: (service: Service) => Promise<T>): Promise<T[]> {
    return Promise.all(services.map(each));
  }

  #member(service: Service): Member {
    const member = this.#members.get(service);
    if (!member) throw new Error(`${service} is not running`);
    return member;
  }
}
