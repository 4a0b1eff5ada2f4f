// SPDX-License-Identifier: Apache-2.0
/**
 * What kustomization.yaml tells people to type leads to secrets that the manifests want, and that the engine knows; and what either kind
 * of Prometheus is to scrape is there, under the names that the rules ask for.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { TokenTable } from '../src/engine/access/token-table.js';
import { ROOT } from './support/imports.js';

const FOLDER = path.join(ROOT, 'collector-config');
const text = (file: string) => readFileSync(path.join(FOLDER, file), 'utf8');

/** In the place of programs that a developer need not have: the secrets become files `SECRET.KEY`. */
const STAND_INS = `
openssl() { [ "$*" = 'rand -hex 32' ] && "$NODE" -p 'require("node:crypto").randomBytes(32).toString("hex")'; }
kubectl() {
  case "$*" in
    *' create secret generic '*=/dev/stdin) cat > "$6.token" ;;
    *' create secret generic '*) cp "\${7#--from-file=}" "$6.\${7#--from-file=}" ;;
  esac
}
`;

describe('the secrets of kustomization.yaml', () => {
  let folder: string;
  const secret = (name: string) => readFileSync(path.join(folder, name), 'utf8');

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'panorama-secrets-'));
    const commands = [...text('kustomization.yaml').matchAll(/^# {3}(\S.*)$/gm)].map(([, command]) => command);
    const script = `set -e\n${STAND_INS}${commands.join('\n')}\n`;
    const { status, stderr } = spawnSync('sh', ['-c', script], {
      cwd: folder,
      env: { ...process.env, NODE: process.execPath },
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['panorama-agent-token', 'ingest'],
    ['panorama-read-token', 'read'],
  ])('have in %s a token that goes into a header as it is, and that allows %s', (name, scope) => {
    const token = secret(`${name}.token`);
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect([...(TokenTable.parse(secret('panorama-tokens.tokens')).scopesOf(token) ?? [])]).toEqual([scope]);
  });

  it('are all that the manifests name, but for the certificate', () => {
    const named = readdirSync(path.join(FOLDER, 'kubernetes')).flatMap((file) =>
      [
        ...text(`kubernetes/${file}`).matchAll(
          /(?:secretName:|(?:secretKeyRef|secret|credentials): \{ name:) ([\w-]+)/g,
        ),
      ].map(([, name]) => name ?? ''),
    );
    const made = readdirSync(folder).flatMap((name) => /^(panorama-[\w-]+)\./.exec(name)?.[1] ?? []);
    expect(made.length).toBeGreaterThan(2);
    expect([...new Set(named)].filter((name) => !made.includes(name))).toEqual(['panorama-tls']);
    expect(made.filter((name) => !named.includes(name))).toEqual([]);
  });
});

/** What a job scrapes and how, in whatever words it was written. */
interface Scrape {
  readonly job: string | undefined;
  readonly pods: readonly string[];
  readonly port: string | undefined;
  readonly interval: string | undefined;
  readonly scheme: string | undefined;
  readonly serverName: string | undefined;
  readonly isHonest: boolean;
  readonly hasToken: boolean;
  readonly instanceFrom: string | undefined;
}

interface Relabeling {
  readonly sourceLabels?: readonly string[];
  readonly source_labels?: readonly string[];
  readonly regex?: string;
  readonly separator?: string;
  readonly targetLabel?: string;
  readonly target_label?: string;
  readonly replacement?: string;
}

interface PodMonitor {
  readonly spec: {
    readonly selector: {
      readonly matchLabels?: Readonly<Record<string, string>>;
      readonly matchExpressions?: readonly { readonly values: readonly string[] }[];
    };
    readonly podMetricsEndpoints: readonly {
      readonly port: string;
      readonly interval?: string;
      readonly scheme?: string;
      readonly honorLabels?: boolean;
      readonly tlsConfig?: { readonly serverName: string };
      readonly authorization?: object;
      readonly relabelings: readonly Relabeling[];
    }[];
  };
}

interface Job {
  readonly job_name: string;
  readonly scrape_interval?: string;
  readonly scheme?: string;
  readonly honor_labels?: boolean;
  readonly tls_config?: { readonly server_name: string };
  readonly authorization?: object;
  readonly relabel_configs: readonly Relabeling[];
}

const sourceOf = (all: readonly Relabeling[]) => {
  const instance = all.find((each) => (each.targetLabel ?? each.target_label) === 'instance');
  return (instance?.sourceLabels ?? instance?.source_labels)?.join(instance?.separator);
};

function scrapesOfMonitors(): Scrape[] {
  const monitors = parseAllDocuments(text('kubernetes/monitors.yaml')).map((each) => each.toJS() as PodMonitor);
  return monitors.flatMap(({ spec: { selector, podMetricsEndpoints } }) =>
    podMetricsEndpoints.map((each) => ({
      job: each.relabelings.find(({ targetLabel }) => targetLabel === 'job')?.replacement,
      pods: [
        ...Object.values(selector.matchLabels ?? {}),
        ...(selector.matchExpressions ?? []).flatMap(({ values }) => values),
      ],
      ...{ port: each.port, interval: each.interval, scheme: each.scheme, serverName: each.tlsConfig?.serverName },
      ...{ isHonest: each.honorLabels === true, hasToken: each.authorization !== undefined },
      instanceFrom: sourceOf(each.relabelings),
    })),
  );
}

function scrapesOfJobs(): Scrape[] {
  const { scrape_configs: jobs } = parse(text('prometheus/kubernetes.yaml')) as { scrape_configs: Job[] };
  return jobs.map((job) => {
    const [pods = '', port] = job.relabel_configs[0]?.regex?.split(';') ?? [];
    return {
      ...{ job: job.job_name, pods: pods.replaceAll(/[()]/g, '').split('|'), port },
      ...{ interval: job.scrape_interval, scheme: job.scheme, serverName: job.tls_config?.server_name },
      ...{ isHonest: job.honor_labels === true, hasToken: job.authorization !== undefined },
      instanceFrom: sourceOf(job.relabel_configs),
    };
  });
}

describe('what Prometheus scrapes on Kubernetes', () => {
  it('is the same by PodMonitors as by jobs', () => {
    expect(scrapesOfJobs().length).toBeGreaterThan(2);
    expect(scrapesOfMonitors()).toEqual(scrapesOfJobs());
  });

  it('has all jobs that the rules ask for, and those of one machine', () => {
    const rules = readdirSync(path.join(FOLDER, 'prometheus/rules')).map((file) => text(`prometheus/rules/${file}`));
    const asked = [...rules.join('\n').matchAll(/job="([\w-]+)"/g)].map(([, job]) => job);
    const { scrape_configs: local } = parse(text('prometheus/prometheus.yaml')) as { scrape_configs: Job[] };
    const names = scrapesOfJobs().map(({ job }) => job);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter((job) => !names.includes(job))).toEqual([]);
    expect(names).toEqual(local.map(({ job_name: name }) => name));
  });

  it('is open in the pods that are named', () => {
    for (const { pods, port } of scrapesOfMonitors()) {
      for (const pod of pods) {
        const manifest = text(`kubernetes/${pod.replace('panorama-', '')}.yaml`);
        expect(manifest).toContain(`app.kubernetes.io/name: ${pod} }`);
        expect(manifest, pod).toContain(`- { name: ${port}, containerPort: `);
      }
    }
  });
});
