// SPDX-License-Identifier: Apache-2.0
/**
 * What stands between a trial's cluster and its engine where there is a Collector: that Collector, which passes everything on and
 * may record it, and a Prometheus with the rules that teams have, asked again and again which of them fire.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import type { Engine } from '#hadoop-like/harness/engine-process.js';
import { freePorts, type Server, type ServerParts, startServer } from '../server.js';
import { type ActiveAlert, type Firing, Firings } from './firings.js';

const FOLDER = fileURLToPath(new URL('../../detection', import.meta.url));
const COLLECTOR = path.join(FOLDER, 'collector.yaml');
const RECORDING = path.join(FOLDER, 'recording.yaml');
const RULES = path.join(FOLDER, 'rules.yaml');

/** A tenth of the 15 s that most scrape and evaluate at, as all times of the example are. */
const SCRAPE_INTERVAL_MS = 1500;

/** How often Prometheus is asked what fires: often for a rule that is looked at every 1.5 s. */
const ASK_INTERVAL_MS = 250;
const ASK_TIMEOUT_MS = 2000;

export interface TelemetryParts {
  /** The Collector's program. */
  readonly collector: string;
  /** Whether Prometheus runs beside it. */
  readonly hasRules: boolean;
  /** Where everything is recorded, gzipped; nothing is where it is not given. */
  readonly recording: string | undefined;
}

export interface Telemetry {
  /** Where the cluster sends to. */
  readonly url: string;
  /** What fired so far. */
  readonly firings: readonly Firing[];
  /** Ends the servers and leaves nothing behind but the recording. @param isOfUse whether that is to be kept */
  end(isOfUse: boolean): Promise<void>;
}

/** @param stop aborted when one of the servers ends */
export async function startTelemetry(
  engine: Engine,
  { collector, hasRules, recording }: TelemetryParts,
  stop: AbortController,
): Promise<Telemetry> {
  const folder = await mkdtemp(path.join(tmpdir(), 'panorama-detection-'));
  const written = path.join(folder, 'recording.jsonl');
  const [otlpPort = 0, metricsPort = 0, prometheusPort = 0] = await freePorts(3);
  const servers: Server[] = [];
  const start = async (parts: ServerParts): Promise<void> => {
    const server = await startServer(parts);
    server.early.catch((error) => stop.abort(error));
    servers.push(server);
  };
  const firings = new Firings();
  const over = new AbortController();
  const end = async (isOfUse: boolean): Promise<void> => {
    over.abort();
    for (const server of servers) await server.end();
    if (recording !== undefined && isOfUse) {
      await pipeline(createReadStream(written), createGzip(), createWriteStream(recording));
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await start({
      name: 'the Collector',
      words: [collector, '--config', COLLECTOR, ...(recording === undefined ? [] : ['--config', RECORDING])],
      env: {
        OTLP_GRPC_PORT: String(otlpPort),
        METRICS_PORT: String(metricsPort),
        ENGINE_OTLP_GRPC: engine.otlpUrl.replace('http://', ''),
        RECORDING: written,
      },
      ports: [otlpPort],
    });
    if (hasRules) {
      const config = path.join(folder, 'prometheus.json');
      await writeFile(config, JSON.stringify(prometheusConfig(metricsPort)));
      const listen = `127.0.0.1:${prometheusPort}`;
      const flags = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${listen}`];
      await start({ name: 'Prometheus', words: ['prometheus', ...flags], ports: [prometheusPort] });
      void ask(`http://${listen}/api/v1/alerts`, firings, over.signal);
    }
  } catch (error) {
    await end(false);
    throw error;
  }
  return { url: `http://127.0.0.1:${otlpPort}`, firings: firings.all, end };
}

/** As JSON, which YAML takes. */
function prometheusConfig(metricsPort: number): object {
  const interval = `${SCRAPE_INTERVAL_MS}ms`;
  return {
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: [RULES],
    // The Collector's page tells of each service's instances, and says whose each series is.
    scrape_configs: [
      { job_name: 'calls', honor_labels: true, static_configs: [{ targets: [`127.0.0.1:${metricsPort}`] }] },
    ],
  };
}

/** An answer that does not come is asked for again: what fires goes on firing. */
async function ask(url: string, firings: Firings, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    const alerts = await fetch(url, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) })
      .then(async (response) => ((await response.json()) as { data: { alerts: ActiveAlert[] } }).data.alerts)
      .catch(() => undefined);
    if (alerts && !done.aborted) firings.note(Date.now(), alerts);
    await delay(ASK_INTERVAL_MS);
  }
}
