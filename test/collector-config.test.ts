// SPDX-License-Identifier: Apache-2.0
/** What we ship for other people's programs agrees with itself, as far as that shows without them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { ROOT } from './support/imports.js';
import { rowsOf } from './support/pages.js';

const FOLDER = path.join(ROOT, 'collector-config');
const COLLECTOR_FILES = ['agent', 'bridge', 'gateway', 'gateway-by-environment'].map((name) => `${name}.yaml`);
const text = (file: string) => readFileSync(path.join(FOLDER, file), 'utf8');
const readme = text('README.md');

/** `${env:NAME:-default}` in a Collector's file, with what is switched off there. */
const variablesOf = (file: string) =>
  [
    ...text(file)
      .replaceAll(/^ *#(?!:).*$/gm, '')
      .matchAll(/\$\{env:(\w+)(?::-([^}]*))?\}/g),
  ].map(([, name, byDefault]) => ({ name, byDefault }));

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly healthcheck?: object;
}

describe('collector-config/README.md', () => {
  it('has a row for each variable that a Collector’s file reads, with its default, and no other', () => {
    const rows = rowsOf(readme.slice(readme.indexOf('## Variables'), readme.indexOf('## Which of it')));
    const documented = rows
      .filter(([name]) => /^[A-Z_]+$/.test(name ?? ''))
      .map(([name, byDefault]) => `${name}=${byDefault ?? ''}`);
    const read = COLLECTOR_FILES.flatMap(variablesOf).map(({ name, byDefault }) => `${name}=${byDefault}`);
    expect([...new Set(read)].sort()).toEqual(documented.sort());
  });

  it('has a row for each alert with its severity, and no other', () => {
    const rules = readdirSync(path.join(FOLDER, 'prometheus/rules')).map(
      (file) => parse(text(`prometheus/rules/${file}`)) as Rules,
    );
    const alerts = rules
      .flatMap(({ groups }) => groups.flatMap((group) => group.rules))
      .filter(({ alert }) => alert !== undefined);
    const rows = rowsOf(readme.slice(readme.indexOf('## Alerts'))).filter(([name]) => name?.startsWith('Panorama'));
    expect(rows.map(([name, severity]) => `${name} ${severity}`).sort()).toEqual(
      alerts.map(({ alert, labels }) => `${alert} ${labels?.['severity']}`).sort(),
    );
  });
});

interface Rules {
  readonly groups: readonly { readonly rules: readonly { alert?: string; labels?: Record<string, string> }[] }[];
}

describe('compose.yaml', () => {
  const { services, volumes } = parse(text('compose.yaml')) as Compose;
  const all = Object.entries(services);

  it('pins every image to a version, and builds our own from a file that is there', () => {
    for (const [name, { image, build }] of all) {
      if (build) expect(existsSync(path.join(FOLDER, build.context, build.dockerfile))).toBe(true);
      else expect(image, name).toMatch(/^[\w/-]+:v?\d+\.\d+\.\d+$/);
    }
  });

  it('opens ports on this machine alone', () => {
    const ports = all.flatMap(([, each]) => each.ports ?? []);
    expect(ports.length).toBeGreaterThan(4);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('lets whoever looks into Grafana follow the links to traces, which open Explore', () => {
    const { environment = {} } = services['grafana'] as Service;
    const role = environment['GF_AUTH_ANONYMOUS_ORG_ROLE'];
    expect(environment['GF_AUTH_ANONYMOUS_ENABLED']).toBe('true');
    expect(role === 'Editor' || (role === 'Viewer' && environment['GF_USERS_VIEWERS_CAN_EDIT'] === 'true')).toBe(true);
  });

  it('mounts what is there', () => {
    const sources = all.flatMap(([, each]) => each.volumes.map((volume) => volume.split(':')[0] ?? ''));
    const named = sources.filter((source) => !source.startsWith('.'));
    expect([...new Set(named)].sort()).toEqual(Object.keys(volumes).sort());
    // The dashboards are made elsewhere, and checked there.
    const files = sources.filter((source) => source.startsWith('.') && !source.startsWith('./grafana/'));
    expect(files.filter((file) => !existsSync(path.join(FOLDER, file)))).toEqual([]);
  });

  it('waits only for the health of what tells it', () => {
    const dockerfile = text('Dockerfile');
    for (const [, { depends_on: needs = {} }] of all) {
      for (const [name, { condition }] of Object.entries(needs)) {
        const needed = services[name];
        expect(needed, name).toBeDefined();
        const tells =
          needed?.healthcheck !== undefined || (needed?.build !== undefined && /^HEALTHCHECK /m.test(dockerfile));
        if (condition === 'service_healthy') expect(tells, name).toBe(true);
      }
    }
  });

  it('knows the health of all but the Collector, whose image has nothing to ask it with', () => {
    const silent = all.filter(([, { build, healthcheck }]) => build === undefined && healthcheck === undefined);
    expect(silent.map(([name]) => name)).toEqual(['collector']);
  });

  it('gives the Collector variables that its files read', () => {
    const read = new Set(['agent.yaml', 'bridge.yaml'].flatMap(variablesOf).map(({ name }) => name));
    const given = Object.keys(services['collector']?.environment ?? {}).filter((name) => name !== 'GOMEMLIMIT');
    expect(given.length).toBeGreaterThan(5);
    expect(given.filter((name) => !read.has(name))).toEqual([]);
  });

  it('has Prometheus look where things are', () => {
    const address = (name: string) =>
      (parse(text(`compose/targets/${name}.yaml`)) as { targets: string[] }[])[0]?.targets[0];
    expect(address('engines')).toBe(
      `engine:${portIn(services['engine']?.command.find((word) => word.startsWith('--api=')))}`,
    );
    expect(address('bridges')).toBe(`collector:${portIn(services['collector']?.environment?.['BRIDGE_PROMETHEUS'])}`);
    const own = variablesOf('agent.yaml').find(({ name }) => name === 'COLLECTOR_METRICS_PORT');
    expect(address('collectors')).toBe(`collector:${own?.byDefault}`);
    expect(readdirSync(path.join(FOLDER, 'compose/targets'))).toEqual(
      readdirSync(path.join(FOLDER, 'prometheus/targets')),
    );
  });

  it('gives the engine options that it has', () => {
    const command = readFileSync(path.join(ROOT, 'src/cli/commands/engine.ts'), 'utf8');
    const flags = [...(services['engine']?.command ?? []), ...engineContainer().args].map(
      (word) => word.split('=')[0] ?? '',
    );
    expect(flags.length).toBeGreaterThan(10);
    expect(flags.filter((flag) => !command.includes(`'${flag} <`) && !command.includes(`'${flag}'`))).toEqual([]);
  });
});

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: Readonly<Record<string, string>> & { matchLabels?: Record<string, string> };
    readonly ports?: readonly { targetPort: string; port: number }[];
    readonly template?: { metadata: { labels: Record<string, string> }; spec: PodSpec };
  };
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly configMap?: { name: string }; readonly hostPath?: object }[];
  readonly securityContext?: object;
}

interface Probe {
  readonly periodSeconds?: number;
  readonly failureThreshold?: number;
  readonly timeoutSeconds?: number;
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string }[];
  readonly ports: readonly { name: string; containerPort: number; hostPort?: number }[];
  readonly securityContext?: object;
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

const manifests = readdirSync(path.join(FOLDER, 'kubernetes')).flatMap((file) =>
  parseAllDocuments(text(`kubernetes/${file}`)).map((document) => document.toJS() as Manifest),
);
const pods = manifests.flatMap(({ spec }) => (spec.template ? [spec.template] : []));

function engineContainer(): Container {
  const engine = pods.flatMap(({ spec }) => spec.containers).find(({ image }) => image.startsWith('panorama:'));
  if (!engine) throw new Error('no manifest has an engine');
  return engine;
}

function portIn(address = ''): string {
  return address.slice(address.lastIndexOf(':') + 1);
}

describe('kubernetes', () => {
  it('has all its files, and the Collector’s, in kustomization.yaml, with what is switched off there', () => {
    const { resources, configMapGenerator } = parse(text('kustomization.yaml').replaceAll(/^#:/gm, '')) as {
      resources: string[];
      configMapGenerator: { name: string; files: string[] }[];
    };
    expect([...resources].sort()).toEqual(
      readdirSync(path.join(FOLDER, 'kubernetes')).map((file) => `kubernetes/${file}`),
    );
    const [generated] = configMapGenerator;
    const mounted = pods.flatMap(({ spec }) =>
      spec.volumes.flatMap(({ configMap }) => (configMap ? [configMap.name] : [])),
    );
    expect(new Set(mounted)).toEqual(new Set([generated?.name]));
    const configs = pods
      .flatMap(({ spec }) => spec.containers.flatMap(({ args }) => args))
      .filter((arg) => arg.startsWith('--config='));
    expect(configs.map((arg) => path.basename(arg)).sort()).toEqual([...(generated?.files ?? [])].sort());
  });

  it('has services that lead to pods, by ports that these have', () => {
    const services = manifests.filter(({ kind }) => kind === 'Service');
    expect(services.length).toBeGreaterThan(2);
    for (const { metadata, spec } of services) {
      const labels = JSON.stringify(spec.selector);
      const pod = pods.find((each) => JSON.stringify(each.metadata.labels) === labels);
      const names = pod?.spec.containers.flatMap(({ ports }) => ports.map(({ name }) => name)) ?? [];
      expect(
        spec.ports?.map(({ targetPort }) => targetPort).filter((port) => !names.includes(port)),
        metadata.name,
      ).toEqual([]);
    }
  });

  it('pins images, and gives Collectors variables that their file reads', () => {
    for (const { spec } of pods) {
      for (const { image, args, env = [] } of spec.containers) {
        expect(image).toMatch(/:\d+\.\d+\.\d+$/);
        const file = args.find((arg) => arg.startsWith('--config='));
        if (file === undefined) continue;
        const read = new Set(variablesOf(path.basename(file)).map(({ name }) => name));
        expect(env.map(({ name }) => name).filter((name) => name !== 'GOMEMLIMIT' && !read.has(name))).toEqual([]);
      }
    }
  });

  it('lets no container do more than it has to, and asks the node for something in one pod only', () => {
    expect(pods.length).toBeGreaterThan(2);
    for (const { spec } of pods) {
      expect(spec.securityContext).toMatchObject({ seccompProfile: { type: 'RuntimeDefault' } });
      for (const { securityContext } of spec.containers) {
        const least = {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        };
        expect(securityContext).toMatchObject(least);
      }
    }
    const ofNode = pods.filter(
      ({ spec }) =>
        spec.volumes.some(({ hostPath }) => hostPath !== undefined) ||
        spec.containers.some(({ ports }) => ports.some(({ hostPort }) => hostPort !== undefined)),
    );
    expect(ofNode.map(({ metadata }) => metadata.labels['app.kubernetes.io/name'])).toEqual(['panorama-agent']);
  });

  it('gives every answer to a probe seconds, and the engine minutes to open its history', () => {
    for (const { spec } of pods) {
      for (const { livenessProbe, readinessProbe } of spec.containers) {
        for (const probe of [livenessProbe, readinessProbe]) expect(probe?.timeoutSeconds).toBeGreaterThan(1);
      }
    }
    const { periodSeconds = 0, failureThreshold = 0 } = engineContainer().startupProbe ?? {};
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(120);
  });
});
