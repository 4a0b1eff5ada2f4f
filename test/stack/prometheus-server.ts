// SPDX-License-Identifier: Apache-2.0
/** The real Prometheus with the configuration and the rules that we ship; only where its targets are is written here. */
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CONFIG_FOLDER } from './otelcol.js';
import { programOf } from './programs.js';
import { type Server, startServer } from './server-process.js';

/** `host:port` of what is scraped. */
export interface Targets {
  readonly bridges: readonly string[];
  readonly engines: readonly string[];
  readonly collectors: readonly string[];
}

/** One series of an answer, with its value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An alert that is pending or firing. */
export interface ActiveAlert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Prometheus {
  readonly server: Server;
  readonly url: string;
  /** @throws Error where the expression is none, with what Prometheus says of it */
  query(expression: string): Promise<readonly Sample[]>;
  alerts(): Promise<readonly ActiveAlert[]>;
  /** Jobs that all can be scraped, by their names. */
  healthyJobs(): Promise<readonly string[]>;
}

/**
 * Starts it.
 *
 * @param targets what is written where the shipped configuration looks for its targets
 * @param configuration in place of the shipped one
 */
export async function startPrometheus(targets: Partial<Targets>, configuration?: string): Promise<Prometheus> {
  const server = await startServer({
    name: 'prometheus',
    program: programOf('prometheus'),
    args: (port, folder) => [
      `--config.file=${path.join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ],
    ready: /Server is ready to receive web requests/,
    prepare: async (folder) => {
      await cp(path.join(CONFIG_FOLDER, 'prometheus'), folder, { recursive: true });
      for (const [name, addresses] of Object.entries(targets)) {
        await writeFile(path.join(folder, 'targets', `${name}.yaml`), JSON.stringify([{ targets: addresses }]));
      }
      if (configuration !== undefined) await writeFile(path.join(folder, 'prometheus.yaml'), configuration);
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    server,
    url,
    query: async (expression) => {
      const { result } = await ask<{ result: RawSample[] }>(
        `${url}/api/v1/query?query=${encodeURIComponent(expression)}`,
      );
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    alerts: async () => (await ask<{ alerts: ActiveAlert[] }>(`${url}/api/v1/alerts`)).alerts,
    healthyJobs: async () => {
      const { activeTargets } = await ask<{ activeTargets: RawTarget[] }>(`${url}/api/v1/targets?state=active`);
      const ill = activeTargets.filter(({ health }) => health !== 'up').map(({ labels }) => labels['job']);
      return [...new Set(activeTargets.map(({ labels }) => labels['job'] ?? ''))].filter((job) => !ill.includes(job));
    },
  };
}

interface RawSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

interface RawTarget {
  readonly labels: Readonly<Record<string, string>>;
  readonly health: string;
}

async function ask<Data>(url: string): Promise<Data> {
  const response = await fetch(url);
  const { status, data, error } = (await response.json()) as { status: string; data: Data; error?: string };
  if (status !== 'success') throw new Error(`Prometheus says of ${url}: ${error}`);
  return data;
}
