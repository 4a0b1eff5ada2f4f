// SPDX-License-Identifier: Apache-2.0
/**
 * Which region server serves which region, as the master knows it from the servers' reports, and what is to be assigned
 * anew. The master writes nothing down: one that is started again asks nobody, it waits for the reports.
 */
import { nodeOf, type RegionLocation, type RegionServerReport } from './cluster-protocol.js';

/** An order to open a region, or to close it. */
export interface Order {
  readonly region: string;
  readonly server: string;
  readonly address: string;
}

export class Assignment {
  readonly #regions: readonly string[];
  readonly #minToStart: number;
  readonly #reports = new Map<string, RegionServerReport>();
  /** The server of each region, open or on its way. */
  readonly #servers = new Map<string, string>();
  /** Where each region is, or was last: what clients are told, and where it goes when its node comes back. */
  readonly #locations = new Map<string, RegionLocation>();
  #hasStarted = false;
  #isInitialized = false;

  /** @param minToStart servers to wait for before anything is assigned (`hbase.master.wait.on.regionservers.mintostart`) */
  constructor(regions: readonly string[], minToStart: number) {
    this.#regions = regions;
    this.#minToStart = minToStart;
  }

  /** Whether all regions were served at some time since the start. */
  get isInitialized(): boolean {
    this.#isInitialized ||= this.#regions.every((region) => this.#isOpen(region));
    return this.#isInitialized;
  }

  /** A server says what it serves. */
  report(report: RegionServerReport): void {
    const { server, regions } = report;
    const before = this.#reports.get(server);
    if (!before) this.#expireFormer(server);
    this.#reports.set(server, report);
    for (const region of before?.regions ?? []) {
      const isClosed = !regions.includes(region) && this.#servers.get(region) === server;
      if (isClosed) this.#servers.delete(region);
    }
    for (const region of regions) if (!this.#servers.has(region)) this.#settle(region, report);
  }

  /** A server is dead: its regions are free. */
  expire(server: string): void {
    this.#reports.delete(server);
    for (const [region, served] of this.#servers) if (served === server) this.#servers.delete(region);
  }

  /** A region could not be opened. */
  failed({ region }: Order): void {
    this.#servers.delete(region);
  }

  /** What to open where, now: each region that nobody serves, where it was last, or where there are fewest. */
  orders(): readonly Order[] {
    this.#hasStarted ||= this.#reports.size >= this.#minToStart;
    if (!this.#hasStarted) return [];
    const orders: Order[] = [];
    for (const region of this.#regions) {
      if (this.#servers.has(region)) continue;
      const server = this.#placeFor(region);
      const report = server === undefined ? undefined : this.#reports.get(server);
      if (!report) continue;
      this.#settle(region, report);
      orders.push({ region, server: report.server, address: report.address });
    }
    return orders;
  }

  /** A region to be closed, where its server has two more than another; it is then opened there. */
  imbalance(): Order | undefined {
    if (!this.#regions.every((region) => this.#isOpen(region))) return undefined;
    const reports = [...this.#reports.values()].sort((a, b) => a.regions.length - b.regions.length);
    const [fewest, most] = [reports[0], reports.at(-1)];
    const region = most?.regions[0];
    if (!fewest || !most || region === undefined || most.regions.length - fewest.regions.length < 2) return undefined;
    this.#locations.set(region, { region, node: nodeOf(fewest.server), address: fewest.address });
    return { region, server: most.server, address: most.address };
  }

  /**
   * Where a region is served, or was when it was last: a region in transition is asked for in vain there, not here.
   * `undefined` before it was assigned for the first time.
   */
  location(region: string): RegionLocation | undefined {
    return this.#locations.get(region);
  }

  #isOpen(region: string): boolean {
    const server = this.#servers.get(region);
    return server !== undefined && this.#reports.get(server)?.regions.includes(region) === true;
  }

  #settle(region: string, { server, address }: RegionServerReport): void {
    this.#servers.set(region, server);
    this.#locations.set(region, { region, node: nodeOf(server), address });
  }

  /** A process in place of another: what that one served is lost, before ZooKeeper has noticed. */
  #expireFormer(server: string): void {
    for (const other of [...this.#reports.keys()]) if (nodeOf(other) === nodeOf(server)) this.expire(other);
  }

  #placeFor(region: string): string | undefined {
    const servers = [...this.#reports.keys()];
    const countOf = (server: string): number => [...this.#servers.values()].filter((one) => one === server).length;
    const retained = servers.find((server) => nodeOf(server) === this.#locations.get(region)?.node);
    return retained ?? servers.sort((a, b) => countOf(a) - countOf(b))[0];
  }
}
