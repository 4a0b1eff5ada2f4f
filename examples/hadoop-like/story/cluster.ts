// SPDX-License-Identifier: Apache-2.0
/**
 * The cluster as the story sees it: six processes, started in order, each told through its environment who it is and
 * where the engine listens. To run another system in this cluster's place, write its roles and a file like this one.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DatanodeReport } from '../hdfs/health-poller.js';
import { emptyTally, type Tally } from '../hdfs/tally.js';
import { callJson } from '../node/http-call.js';
import { type Child, DIRECTORY_VARIABLE, type Household } from './household.js';
import { eventually } from './waiting.js';

export const DATANODES = ['dn1', 'dn2', 'dn3'] as const;
export const CLIENTS = ['client-1', 'client-2'] as const;

/** Identities of the components whose health the story watches. */
export const WATCHED_SUBJECTS: readonly string[] = ['namenode/nn1', ...DATANODES.map((name) => `datanode/${name}`)];

const START_BOUND_MS = 15_000;
const CALL_TIMEOUT_MS = 2000;

export interface ClusterOptions {
  /** Where spans and observations go; without it the nodes run uninstrumented. */
  readonly otlpUrl?: string | undefined;
  /** Temporary directory of the datanodes' volumes. */
  readonly directory: string;
}

/** A node's process and the ports it listens on. */
interface Member {
  readonly child: Child;
  readonly ports: Readonly<Record<string, number>>;
}

export class Cluster {
  readonly #household: Household;
  readonly #options: ClusterOptions;
  readonly #tallies = new Map<string, Tally>();
  readonly #adminUrls = new Map<string, string>();
  #namenodeUrl = '';

  constructor(household: Household, options: ClusterOptions) {
    this.#household = household;
    this.#options = options;
  }

  /** Starts all nodes, and the clients' work once every datanode is alive in the namenode's eyes. */
  async start(stop: AbortSignal): Promise<void> {
    // All are started at once, for most of the time goes into loading code; who may call whom is told afterwards.
    const [namenode, datanodes, clients] = await Promise.all([
      this.#spawn('namenode', 'nn1', stop),
      Promise.all(DATANODES.map((name) => this.#spawn('datanode', name, stop))),
      Promise.all(CLIENTS.map((name) => this.#spawn('client', name, stop))),
    ]);
    this.#namenodeUrl = loopback(namenode.ports['clients']);
    for (const { child, ports } of datanodes) {
      this.#adminUrls.set(child.name, loopback(ports['admin']));
      child.start({ heartbeats: loopback(namenode.ports['heartbeats']) });
    }
    const allGreen = await eventually(
      async () => {
        const reports = await this.datanodes();
        return (reports.length === DATANODES.length && reports.every(isGreen)) || undefined;
      },
      START_BOUND_MS,
      stop,
    );
    if (!allGreen)
      throw new Error(`the datanodes did not register with the namenode within ${START_BOUND_MS / 1000} s`);
    for (const { child } of clients) {
      this.#tallies.set(child.name, emptyTally());
      child.on('message', (message) => {
        if (message.type === 'tally') this.#tallies.set(child.name, message.tally);
      });
      child.start({ namenode: this.#namenodeUrl });
    }
  }

  /** What the namenode's detectors, heartbeats and health checks, say of each datanode. */
  async datanodes(): Promise<readonly DatanodeReport[]> {
    const url = `${this.#namenodeUrl}/datanodes`;
    const answer = await callJson<{ datanodes: DatanodeReport[] }>({ method: 'GET', url, timeoutMs: CALL_TIMEOUT_MS });
    return answer.datanodes;
  }

  /** The clients' counts so far, each client's own. */
  tallies(): readonly Tally[] {
    return [...this.#tallies.values()];
  }

  /** Base URL of a datanode's admin port, which takes `POST /fault` and `POST /repair`. */
  adminUrl(name: string): string {
    return this.#adminUrls.get(name) ?? '';
  }

  /** Makes the disk of a datanode hang, or lets it go. */
  async control(name: string, action: 'fault' | 'repair'): Promise<void> {
    await callJson({ method: 'POST', url: `${this.adminUrl(name)}/${action}`, timeoutMs: CALL_TIMEOUT_MS });
  }

  async #spawn(role: 'namenode' | 'datanode' | 'client', name: string, stop: AbortSignal): Promise<Member> {
    const { otlpUrl, directory } = this.#options;
    const instrument = new URL('../instrument.js', import.meta.url).href;
    const child = this.#household.add({
      name,
      words: [...(otlpUrl ? ['--import', instrument] : []), fileURLToPath(new URL(`../${role}.js`, import.meta.url))],
      environment: {
        ...(otlpUrl && {
          PANORAMA_ENDPOINT: otlpUrl,
          OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        }),
        OTEL_SERVICE_NAME: role === 'client' ? 'hdfs-client' : role,
        OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${name}`,
        [DIRECTORY_VARIABLE]: directory,
        ...(role === 'datanode' && { NODE_NAME: name, NODE_DIRECTORY: join(directory, name) }),
      },
    });
    let ports: Member['ports'] | undefined;
    child.on('message', (message) => {
      if (message.type === 'ready') ports = message.ports;
    });
    await eventually(() => ports, START_BOUND_MS, stop);
    if (!ports) throw new Error(`${name} was not ready within ${START_BOUND_MS / 1000} s. ${child.lastWords}`);
    return { child, ports };
  }
}

/** Alive by its heartbeats and by its latest health check. */
export function isGreen({ alive, health }: DatanodeReport): boolean {
  return alive && health.isGreen;
}

function loopback(port: number | undefined): string {
  return `http://127.0.0.1:${port}`;
}
