// SPDX-License-Identifier: Apache-2.0
/**
 * A cluster of processes: started all at once, each told through its environment who it is and where the engine listens,
 * and over its channel where the others are. It knows nothing of what they do; `System` says what there is.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Beliefs } from '../node/admin.js';
import { callJson } from '../node/http-call.js';
import type { Addresses } from '../node/parent.js';
import { emptyTally, sumOf, type Tally } from '../node/tally.js';
import { type Child, DIRECTORY_VARIABLE, type Household } from './household.js';
import { Link } from './link.js';
import { type NodeSpec, type System, subjectOf } from './system.js';
import { eventually } from './waiting.js';

const START_BOUND_MS = 30_000;
const CALL_TIMEOUT_MS = 2000;

export interface ClusterOptions {
  /** Where spans and observations go; without it the nodes run uninstrumented. */
  readonly otlpUrl?: string | undefined;
  /** How they are sent: OpenTelemetry's name of a protocol. */
  readonly otlpProtocol?: string;
  /** Temporary directory, with one of each node's own in it. */
  readonly directory: string;
}

type Ports = Readonly<Record<string, number>>;

interface Member {
  readonly spec: NodeSpec;
  child: Child;
  ports: Ports;
}

export class Cluster {
  readonly system: System;
  readonly #household: Household;
  readonly #options: ClusterOptions;
  readonly #members = new Map<string, Member>();
  readonly #tallies = new Map<string, Tally>();
  readonly #links = new Map<string, Link>();

  constructor(system: System, household: Household, options: ClusterOptions) {
    this.system = system;
    this.#household = household;
    this.#options = options;
  }

  /** Identities of the nodes that are called. */
  get subjects(): readonly string[] {
    return this.system.nodes.filter(({ isClient }) => !isClient).map(subjectOf);
  }

  /** Starts all nodes, and the clients' work once every detector believes in everybody. */
  async start(stop: AbortSignal): Promise<void> {
    // All are started at once, for most of the time goes into loading code; where the others are is told afterwards.
    await Promise.all(
      this.system.nodes.map(async (spec) => {
        const member = await this.#spawn(spec, {}, stop);
        this.#members.set(spec.name, member);
      }),
    );
    for (const { from, to, port } of this.system.links ?? []) {
      this.#links.set(`${from} ${to}`, await Link.open(this.#direct(to, port)));
    }
    for (const member of this.#servers()) this.#tellStart(member);
    const allBelieved = await eventually(async () => (await this.#allBelieved()) || undefined, START_BOUND_MS, stop);
    if (!allBelieved) {
      const beliefs = JSON.stringify(await this.beliefs());
      throw new Error(`after ${START_BOUND_MS / 1000} s the cluster is not up; its detectors believe ${beliefs}`);
    }
    for (const member of this.#members.values()) if (member.spec.isClient) this.#tellStart(member);
  }

  /** What every built-in detector believes, by the name of its node. One that does not answer believes nothing. */
  async beliefs(): Promise<Readonly<Record<string, Beliefs>>> {
    const believed = await Promise.all(
      this.system.detectors.map(async (name) => {
        const beliefs = await this.#admin<Beliefs>(name, 'GET', 'detector').catch((): Beliefs => ({}));
        return [name, beliefs] as const;
      }),
    );
    return Object.fromEntries(believed);
  }

  /** All clients' counts so far, together. */
  tally(): Tally {
    return sumOf([...this.#tallies.values()]);
  }

  /** Breaks a mechanism of a node, or mends it. */
  async control(node: string, action: 'fault' | 'repair', fault: string): Promise<void> {
    await this.#admin(node, 'POST', `${action}s/${fault}`);
  }

  /** The directory of a node's own. */
  directoryOf(node: string): string {
    return join(this.#options.directory, node);
  }

  /** `host:port` of a node's port, for who speaks to it directly. */
  address(node: string, port: string): string {
    return this.#direct(node, port);
  }

  /** Ends a node at once, as the kernel ends a process that is out of memory. */
  kill(node: string): void {
    this.#household.kill(this.#member(node).child);
  }

  /** Starts a node that was killed, with its directory and at its ports. */
  async restart(node: string, stop: AbortSignal): Promise<void> {
    const before = this.#member(node);
    await before.child.gone();
    const member = await this.#spawn(before.spec, before.ports, stop);
    this.#members.set(node, member);
    this.#tellStart(member);
  }

  /** Stops a node's process for a while, all its threads, as a collector of garbage that stops the world does. */
  async freeze(node: string, durationMs: number): Promise<void> {
    const { child } = this.#member(node);
    child.signal('SIGSTOP');
    await delay(durationMs);
    child.signal('SIGCONT');
  }

  /** Has all clients work so many times as hard as they were begun. */
  pace(factor: number): void {
    for (const { spec, child } of this.#members.values()) if (spec.isClient) child.tell({ type: 'pace', factor });
  }

  /** The way from one node to another, where the system says that it can be cut. */
  link(from: string, to: string): Link {
    const link = this.#links.get(`${from} ${to}`);
    if (!link) throw new Error(`${this.system.name} has no link from ${from} to ${to}`);
    return link;
  }

  /** Closes what the cluster holds in this process. Its processes are the household's. */
  close(): void {
    for (const link of this.#links.values()) link.close();
  }

  async #allBelieved(): Promise<boolean> {
    const beliefs = Object.values(await this.beliefs());
    return beliefs.every((believed) => {
      const states = Object.values(believed);
      return states.length > 0 && states.every((state) => state === 'alive');
    });
  }

  #servers(): Member[] {
    return [...this.#members.values()].filter(({ spec }) => !spec.isClient);
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (!member) throw new Error(`${this.system.name} has no node ${name}`);
    return member;
  }

  #direct(node: string, port: string): string {
    const number = this.#member(node).ports[port];
    if (number === undefined) throw new Error(`${node} has no port ${port}`);
    return `127.0.0.1:${number}`;
  }

  #admin<Answer>(node: string, method: 'GET' | 'POST', path: string): Promise<Answer> {
    const url = `http://${this.#direct(node, 'admin')}/${path}`;
    return callJson<Answer>({ method, url, timeoutMs: CALL_TIMEOUT_MS });
  }

  /** Where everybody is, as this node sees it: a link that can be cut stands for its far end. */
  #tellStart({ spec, child }: Member): void {
    const addresses: Record<string, Record<string, string>> = {};
    for (const [name, { ports }] of this.#members) {
      addresses[name] = Object.fromEntries(Object.keys(ports).map((port) => [port, this.#direct(name, port)]));
    }
    for (const { from, to, port } of this.system.links ?? []) {
      const ports = addresses[to];
      if (from === spec.name && ports) ports[port] = this.link(from, to).address;
    }
    child.start(addresses as Addresses);
  }

  async #spawn(spec: NodeSpec, ports: Ports, stop: AbortSignal): Promise<Member> {
    const { otlpUrl, otlpProtocol = 'grpc', directory } = this.#options;
    const instrument = new URL('../instrument.js', import.meta.url).href;
    const script = fileURLToPath(new URL(`../${spec.script}`, import.meta.url));
    const child = this.#household.add({
      name: spec.name,
      words: [...(otlpUrl ? ['--import', instrument] : []), script],
      environment: {
        ...(otlpUrl && {
          PANORAMA_ENDPOINT: otlpUrl,
          OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
          OTEL_EXPORTER_OTLP_PROTOCOL: otlpProtocol,
        }),
        OTEL_SERVICE_NAME: spec.service,
        OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${spec.name}`,
        [DIRECTORY_VARIABLE]: directory,
        NODE_NAME: spec.name,
        NODE_DIRECTORY: this.directoryOf(spec.name),
        NODE_PORTS: JSON.stringify(ports),
        ...spec.environment,
      },
    });
    let ready: Ports | undefined;
    child.on('message', (message) => {
      if (message.type === 'ready') ready = message.ports;
      else this.#tallies.set(spec.name, message.tally);
    });
    if (spec.isClient) this.#tallies.set(spec.name, emptyTally());
    await eventually(() => ready, START_BOUND_MS, stop);
    if (!ready) throw new Error(`${spec.name} was not ready within ${START_BOUND_MS / 1000} s. ${child.lastWords}`);
    return { spec, child, ports: ready };
  }
}
