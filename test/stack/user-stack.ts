// SPDX-License-Identifier: Apache-2.0
/**
 * A user's whole stack, of real programs and with the configurations that we ship: applications export to the Collector, which feeds
 * a backend and the engine; the engine tells the Collector what it finds, and Prometheus asks that.
 *
 *   applications ──▶ tap ──▶ Collector (agent.yaml and bridge.yaml) ──▶ backend
 *                     │           │          ▲          ▲
 *                     │           └─▶ engine ┘          └── Prometheus
 *                     └─▶ a second engine, without a Collector between
 */
import { type EngineProcess, startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';
import { type Otelcol, startOtelcol } from './otelcol.js';
import { startTap, type Tap } from './otlp-tap.js';
import { type Prometheus, startPrometheus } from './prometheus-server.js';
import { freePort } from './server-process.js';

/** How often the engine tells its metrics, in ms: not five seconds, so that a test need not wait for them. */
const BRIDGE_INTERVAL_MS = 1000;

export interface UserStack {
  /** Where applications export to; it knows what they have exported. */
  readonly front: Tap;
  /** The user's own backend. */
  readonly backend: Tap;
  readonly otelcol: Otelcol;
  /** Gets everything through the Collector. */
  readonly engine: EngineProcess;
  /** Gets the same from the applications themselves. */
  readonly directEngine: EngineProcess;
  readonly prometheus: Prometheus;
  close(): Promise<void>;
}

export async function startUserStack(): Promise<UserStack> {
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const backend = await startTap();
    closers.push(() => backend.close());
    // The Collector is told where the engine is, and the engine where the Collector: one of them has to be first.
    const engineGrpc = `127.0.0.1:${await freePort()}`;
    const otelcol = await startOtelcol(['agent', 'bridge'], {
      BACKEND_OTLP_GRPC: backend.address,
      PANORAMA_ENGINE: engineGrpc,
    });
    closers.push(() => otelcol.server.stop());
    const directEngine = await startEngineProcess();
    closers.push(() => directEngine.process.kill('SIGKILL'));
    const engine = await startEngineProcess(
      ...['--otlp-grpc', engineGrpc],
      ...[
        '--bridge',
        `http://${otelcol.bridgeHttp}`,
        '--bridge-events',
        '--bridge-interval-ms',
        `${BRIDGE_INTERVAL_MS}`,
      ],
    );
    closers.push(() => engine.process.kill('SIGKILL'));
    const front = await startTap([otelcol.otlpGrpc, directEngine.addresses.otlpGrpc]);
    closers.push(() => front.close());
    const prometheus = await startPrometheus({
      bridges: [otelcol.page],
      engines: [engine.addresses.api],
      collectors: [otelcol.own],
    });
    closers.push(() => prometheus.server.stop());
    await until(
      'Prometheus to scrape all three',
      async () => (await prometheus.healthyJobs()).length === 3 || undefined,
      60_000,
    );
    return { front, backend, otelcol, engine, directEngine, prometheus, close };
  } catch (error) {
    await close();
    throw error;
  }
}
