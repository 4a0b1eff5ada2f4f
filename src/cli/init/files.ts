// SPDX-License-Identifier: Apache-2.0
/**
 * The files of a set-up: a script that starts the engine, the Collector's configuration, and a compose file that runs both in containers.
 * They fit together: each address stands in one of them for whoever listens, and in the other for whoever calls. The Collector's are those
 * of `collector-config`, without what is not wanted. Pure.
 */
import type { SetUp } from './answers.js';
import { withoutBlocks } from './yaml-blocks.js';

/** What of `collector-config` is asked for. */
export interface Shipped {
  readonly agent: string;
  readonly bridge: string;
}

export interface WrittenFile {
  readonly name: string;
  readonly text: string;
  readonly isScript?: boolean;
}

/** As in the Dockerfile and the compose file of `collector-config`. */
const NODE_IMAGE = 'node:24.11.1-bookworm-slim';
const COLLECTOR_IMAGE = 'otel/opentelemetry-collector-contrib:0.145.0';

const LICENCE = '# SPDX-License-Identifier: Apache-2.0';

/** What of agent.yaml is there for the backend. */
const BACKEND_BLOCKS: readonly (readonly string[])[] = [
  ['processors', 'filter/backend'],
  ['exporters', 'otlp_grpc/backend'],
  ...['traces', 'logs', 'metrics'].map((signal) => ['service', 'pipelines', `${signal}/backend`]),
];

export function filesOf(setUp: SetUp, shipped: Shipped): readonly WrittenFile[] {
  const files = [{ name: 'engine.sh', text: engineScript(setUp), isScript: true }];
  const collector = setUp.hasCollector
    ? [
        { name: 'collector.yaml', text: collectorFile(setUp, shipped.agent) },
        { name: 'bridge.yaml', text: shipped.bridge },
      ]
    : [];
  return [...files, ...collector, { name: 'compose.yaml', text: composeFile(setUp) }];
}

/** The engine's options, each on a line. Where a Collector has the usual ports, the engine has others. */
function engineScript({ hasCollector, historyDays, webhook }: SetUp): string {
  const options = [
    `--otlp-grpc 127.0.0.1:${hasCollector ? 14317 : 4317}`,
    `--otlp-http 127.0.0.1:${hasCollector ? 14318 : 4318}`,
    '--api 127.0.0.1:16688',
    ...(historyDays > 0 ? [`--history "$(dirname "$0")/panorama.db"`, `--history-days ${historyDays}`] : []),
    ...(hasCollector ? ['--bridge http://127.0.0.1:4328', '--bridge-events'] : []),
    ...(webhook ? [`--webhook '${webhook}'`] : []),
  ];
  return `#!/bin/sh
${LICENCE}
# Starts the engine. What is given behind the script's name goes before what stands here; so compose.yaml gives its own addresses.
# \`panorama engine --help\` has all options.
exec panorama engine \\
${options.map((option) => `  ${option} \\`).join('\n')}
  "$@"
`;
}

function collectorFile({ backend }: SetUp, agent: string): string {
  if (backend === '') return withoutBlocks(agent, BACKEND_BLOCKS);
  return agent.replace(/\$\{env:BACKEND_OTLP_GRPC:-[^}]*\}/, `\${env:BACKEND_OTLP_GRPC:-${backend}}`);
}

function composeFile(setUp: SetUp): string {
  const { hasCollector, historyDays } = setUp;
  const volumes = [...(historyDays > 0 ? ['history'] : []), ...(hasCollector ? ['queue'] : [])];
  const services = [engineService(setUp), ...(hasCollector ? [collectorService(setUp)] : [])];
  const kept = volumes.length > 0 ? `\nvolumes:\n${volumes.map((name) => `  ${name}:\n`).join('')}` : '';
  return `${LICENCE}
# The same in containers. All ports are open on this machine alone.
name: panorama

services:
${services.join('\n')}${kept}`;
}

function engineService({ hasCollector, historyDays, packageSpec }: SetUp): string {
  const options = [
    '--otlp-grpc=0.0.0.0:4317',
    '--otlp-http=0.0.0.0:4318',
    '--api=0.0.0.0:16688',
    '--insecure-bind',
    ...(historyDays > 0 ? ['--history=/var/lib/panorama/history.db'] : []),
    ...(hasCollector ? ['--bridge=http://collector:4328'] : []),
  ];
  const ports = ['16688', ...(hasCollector ? [] : ['4317', '4318'])].map((port) => `"127.0.0.1:${port}:${port}"`);
  const volumes = ['./engine.sh:/etc/panorama/engine.sh:ro', ...(historyDays > 0 ? ['history:/var/lib/panorama'] : [])];
  return `  engine:
    build:
      context: .
      dockerfile_inline: |
        FROM ${NODE_IMAGE}
${installing(packageSpec)
  .map((line) => `        ${line}\n`)
  .join('')}        RUN mkdir -p /var/lib/panorama && chown node:node /var/lib/panorama
        USER node
    # What its numbers are known by, with the API's port.
    hostname: engine
    entrypoint: ["sh", "/etc/panorama/engine.sh"]
    # --insecure-bind: the network of this file is the engine's only one, and its open ports are open on this machine alone.
    # Where others can reach it, give it TLS and tokens in place of that.
    command:
${options.map((option) => `      - ${option}\n`).join('')}    ports: [${ports.join(', ')}]
    volumes: [${volumes.map((volume) => JSON.stringify(volume)).join(', ')}]
    healthcheck:
      test: ["CMD", "panorama", "ping"]
      interval: 5s
      timeout: 3s
      start_period: 20s
      retries: 6
    restart: unless-stopped
`;
}

/** What npm finds by its name, or a file that \`npm pack\` has made and that lies beside compose.yaml. */
function installing(packageSpec: string): readonly string[] {
  const install = (what: string): string => `RUN npm install --global --no-audit --no-fund ${what}`;
  if (!packageSpec.endsWith('.tgz')) return [install(packageSpec)];
  return [`COPY ${packageSpec} /tmp/panorama.tgz`, install('/tmp/panorama.tgz')];
}

function collectorService({ backend }: SetUp): string {
  // In a container the machine goes by another name.
  const onHost = /^(127\.0\.0\.1|localhost|\[::1\]):(\d+)$/.exec(backend)?.[2];
  const reached = onHost ? `host.docker.internal:${onHost}` : backend;
  return `  collector:
    image: ${COLLECTOR_IMAGE}
    command: ["--config=/etc/otelcol/collector.yaml", "--config=/etc/otelcol/bridge.yaml"]
    environment:
      COLLECTOR_OTLP_GRPC: 0.0.0.0:4317
      COLLECTOR_OTLP_HTTP: 0.0.0.0:4318
      COLLECTOR_HEALTH: 0.0.0.0:13133
      COLLECTOR_METRICS_HOST: 0.0.0.0
      COLLECTOR_MEMORY_MIB: "512"
      GOMEMLIMIT: 410MiB
${reached ? `      BACKEND_OTLP_GRPC: ${JSON.stringify(reached)}\n` : ''}      PANORAMA_ENGINE: engine:4317
      BRIDGE_OTLP_GRPC: 0.0.0.0:4327
      BRIDGE_OTLP_HTTP: 0.0.0.0:4328
      BRIDGE_PROMETHEUS: 0.0.0.0:9464
    # The image's own user may not write to a new volume.
    user: "0:0"
    ports: ["127.0.0.1:4317:4317", "127.0.0.1:4318:4318", "127.0.0.1:9464:9464"]
    volumes:
      - ./collector.yaml:/etc/otelcol/collector.yaml:ro
      - ./bridge.yaml:/etc/otelcol/bridge.yaml:ro
      - queue:/var/lib/otelcol
${onHost ? '    extra_hosts: ["host.docker.internal:host-gateway"]\n' : ''}    depends_on:
      engine: { condition: service_healthy }
    restart: unless-stopped
`;
}
