// SPDX-License-Identifier: Apache-2.0
/**
 * The jobs for a Prometheus on Kubernetes scrape an engine with TLS and tokens, the bridge and Collectors, under the names that the rules
 * ask for. There is no Kubernetes: what it would say of the pods of our manifests is written here.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { authority } from '../support/certificates.js';
import { startEngineProcess } from '../support/engine-process.js';
import { until } from '../support/until.js';
import { CONFIG_FOLDER, type Otelcol, startOtelcol } from './otelcol.js';
import { whyWithout, whyWithoutCollector } from './programs.js';
import { type Prometheus, startPrometheus } from './prometheus-server.js';

const READ_TOKEN = 'a-token-that-reads-and-does-no-more';

interface Manifest {
  readonly spec: {
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly { readonly ports: readonly { name: string; containerPort: number }[] }[];
      };
    };
  };
}

interface Job {
  readonly job_name: string;
  readonly scrape_interval?: string;
  readonly tls_config?: object;
  readonly authorization?: object;
  readonly kubernetes_sd_configs: readonly object[];
}

/** What Kubernetes says of each port of our pods: `name/port` and the labels. */
function ports(): (readonly [string, Readonly<Record<string, string>>])[] {
  const folder = path.join(CONFIG_FOLDER, 'kubernetes');
  const manifests = readdirSync(folder).flatMap((file) =>
    parseAllDocuments(readFileSync(path.join(folder, file), 'utf8')).map((each) => each.toJS() as Manifest),
  );
  return manifests.flatMap(({ spec: { template } }) => {
    const name = template?.metadata.labels['app.kubernetes.io/name'] ?? '';
    const all = template?.spec.containers.flatMap((container) => container.ports) ?? [];
    return all.map((port) => [
      `${name}/${port.name}`,
      {
        __meta_kubernetes_namespace: 'panorama',
        __meta_kubernetes_pod_name: `${name}-0`,
        __meta_kubernetes_pod_label_app_kubernetes_io_name: name,
        __meta_kubernetes_pod_container_port_name: port.name,
        __meta_kubernetes_pod_container_port_number: String(port.containerPort),
      },
    ]);
  });
}

describe.skipIf(whyWithoutCollector() ?? whyWithout('prometheus', 'prometheus'))('on Kubernetes, Prometheus', () => {
  const closers: (() => unknown)[] = [];
  let otelcol: Otelcol;
  let prometheus: Prometheus;

  beforeAll(async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'panorama-kubernetes-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const file = (name: string, content: string) => {
      writeFileSync(path.join(folder, name), content);
      return path.join(folder, name);
    };
    otelcol = await startOtelcol(['bridge']);
    closers.push(() => otelcol.server.stop());
    const ours = authority('ours');
    const { cert, key } = ours.issue('engine', undefined, ['panorama-engine', 'panorama-engine.panorama.svc']);
    const engine = await startEngineProcess(
      ...['--tls-cert', file('tls.crt', cert), '--tls-key', file('tls.key', key)],
      ...['--tokens-file', file('tokens', `read ${READ_TOKEN}\n`)],
      ...['--bridge', `http://${otelcol.bridgeHttp}`, '--bridge-interval-ms', '1000'],
    );
    closers.push(() => engine.process.kill('SIGKILL'));

    const addresses: Readonly<Record<string, string>> = {
      'panorama-engine/api': engine.addresses.api,
      'panorama-bridge/verdicts': otelcol.page,
      'panorama-bridge/metrics': otelcol.own,
      'panorama-agent/metrics': otelcol.own,
    };
    // Port 1 is nobody's: what stands there should not be asked.
    const found = ports().map(([name, labels]) => ({ targets: [addresses[name] ?? '127.0.0.1:1'], labels }));
    expect(found.length).toBeGreaterThan(8);
    const secrets: Readonly<Record<string, string>> = {
      '/etc/prometheus/panorama/ca.crt': file('ca.crt', ours.cert),
      // With the end of its line, as a file often has it.
      '/etc/prometheus/panorama/token': file('token', `${READ_TOKEN}\n`),
    };
    const text = readFileSync(path.join(CONFIG_FOLDER, 'prometheus/kubernetes.yaml'), 'utf8');
    const local = Object.entries(secrets).reduce((all, [there, here]) => all.replace(there, here), text);
    const jobs = (parse(local) as { scrape_configs: Job[] }).scrape_configs.map(
      ({ kubernetes_sd_configs: pods, ...job }) => {
        expect(pods).toEqual([{ role: 'pod', namespaces: { names: ['panorama'] } }]);
        return { ...job, static_configs: found };
      },
    );
    const often = { scrape_interval: '2s', evaluation_interval: '2s' };
    prometheus = await startPrometheus(
      {},
      JSON.stringify({ global: often, rule_files: ['rules/*.rules.yaml'], scrape_configs: jobs }),
    );
    closers.push(() => prometheus.server.stop());
  }, 120_000);

  afterAll(async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  });

  it('scrapes the engine, the bridge and every Collector, and nothing else', async () => {
    const up = await until(
      'four that are up',
      async () => {
        const all = await prometheus.query('up');
        return all.filter(({ value }) => value === 1).length >= 4 ? all : undefined;
      },
      60_000,
    );
    const names = up.map(({ labels, value }) => `${labels['job']} ${labels['instance']} ${value}`);
    expect(names.sort()).toEqual(
      [
        'otelcol panorama-agent-0:8888 1',
        'otelcol panorama-bridge-0:8888 1',
        `panorama-bridge ${otelcol.page} 1`,
        'panorama-engine panorama-engine-0:16688 1',
      ].sort(),
    );
  });

  it('has what the bridge tells as the engine’s own word', async () => {
    const told = await until(
      'the verdicts',
      async () => {
        const all = await prometheus.query('count by (job) (panorama_views_left_out)');
        return all.length > 0 ? all : undefined;
      },
      60_000,
    );
    expect(told).toEqual([{ labels: { job: 'panorama-engine' }, value: 1 }]);
  });
});
