// SPDX-License-Identifier: Apache-2.0
/** Documentation is held against the code, both ways: what is said exists, and what exists is said. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventJson, evidenceJson, reportJson, subjectJson, verdictJson } from '../src/engine/api/shapes.js';
import { Engine } from '../src/engine/engine.js';
import { MemoryJournal } from '../src/engine/journal/memory-journal.js';
import { OPTION_DOCS, parseEngineOptions } from '../src/engine/options.js';
import { MajorityJudge } from '../src/engine/verdict/majority.js';
import { ERROR_KINDS } from '../src/model/errors.js';
import { HealthStatus, statusName } from '../src/model/status.js';
import { GRPC_OUTCOMES, HTTP_OUTCOMES } from '../src/observe/outcome.js';
import { SUBJECT_LADDER } from '../src/observe/subject.js';
import { settingsOf } from '../src/processor/options.js';
import { PanoramaSpanProcessor } from '../src/processor/panorama-span-processor.js';
import { suspiciousAfterMs } from '../src/processor/suspicion.js';
import { FakeClock } from './support/fake-clock.js';
import { ROOT, sourcesBelow } from './support/imports.js';
import { read, rowsOf } from './support/pages.js';
import { batchOf, observationSpanOf, resourceOf } from './support/spans.js';

const DOCS = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'docs/benchmarks/detection.md',
  'collector-config/grafana/README.md',
  'examples/hadoop-like/README.md',
  'collector-config/README.md',
];
const sources = sourcesBelow('src');

/** The text of every script of a package. */
function scriptsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(path.join(folder, name), 'utf8'));
}

/** What a value looks like after it was JSON: what is not there is not sent. */
const asSent = (value: object) => JSON.parse(JSON.stringify(value)) as object;

/** What the engine says of somebody whose only call failed. */
function reportOfFailure() {
  const clock = new FakeClock();
  const engine = new Engine({ judge: new MajorityJudge(), clock });
  const failure = { subject: 'web/1', status: HealthStatus.UNHEALTHY, reason: 'timeout' } as const;
  engine.accept(batchOf({ resource: resourceOf('client', 'c1'), spans: [observationSpanOf(failure, clock.nowMs())] }));
  const report = engine.report({ environment: '', subject: 'web/1' });
  if (!report) throw new Error('the engine knows nothing of a call that it was told of');
  return report;
}

describe('every page', () => {
  it('links only to pages that exist', () => {
    const broken = DOCS.flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => target as string)
        .filter((target) => !/^https?:/.test(target))
        .filter((target) => {
          try {
            read(path.join(path.dirname(file), target));
            return false;
          } catch {
            return true;
          }
        })
        .map((target) => `${file} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('links only to headings that exist', () => {
    const anchorOf = (heading = '') =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} -]/gu, '')
        .replace(/ /g, '-');
    const headings = (file: string) => [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, each]) => anchorOf(each));
    const links = DOCS.flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)].map(([, target, heading = '']) => {
        const page = target ? path.join(path.dirname(file), target) : file;
        return { link: `${file} → ${page}#${heading}`, isBroken: !headings(page).includes(heading) };
      }),
    );
    expect(links.filter(({ isBroken }) => isBroken)).toEqual([]);
  });

  it('names only source files that exist', () => {
    const named = DOCS.flatMap((file) =>
      [...read(file).matchAll(/`((?:src\/|test\/)?[\w/-]+\.ts)`/g)].map(([, name]) => name as string),
    );
    const known = [...sources, ...['web', 'test', 'examples', 'collector-config'].flatMap(sourcesBelow)].map(
      (source) => source.path,
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !known.some((each) => each === name || each.endsWith(`/${name}`)))).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  it('has a row for each code, with its HTTP status, exit code and meaning, and no other', () => {
    const rows = rowsOf(read('docs/errors.md'))
      .filter(([code]) => code?.startsWith('PANO_'))
      .map(([code, http, , exit, meaning]) => [code, Number(http), Number(exit), meaning]);
    expect(rows).toEqual(
      Object.entries(ERROR_KINDS).map(([code, { http, exit, summary }]) => [code, http, exit, summary]),
    );
  });
});

describe('docs/verdicts.md', () => {
  const rows = rowsOf(read('docs/verdicts.md'));

  it('shows the outcome tables as they are', () => {
    const documented = rows.filter(([code]) => /^\d+–\d+$|^[A-Z_]+$/.test(code ?? ''));
    const actual = [
      ...HTTP_OUTCOMES.map(({ from, to, status, reason }) => [`${from}–${to}`, statusName(status), reason]),
      ...GRPC_OUTCOMES.map(({ name, status, reason }) => [name, statusName(status), reason]),
    ];
    expect(documented).toEqual(actual);
  });

  it('shows the subject ladder as it is', () => {
    const names = SUBJECT_LADDER.map(({ name }) => name);
    expect(rows.map(([name]) => name).filter((name) => names.includes(name ?? ''))).toEqual(names);
  });
});

describe('docs/configuration.md', () => {
  const text = read('docs/configuration.md');

  it('has a row for each engine option with its default, and no other', () => {
    const defaults = parseEngineOptions() as unknown as Record<string, unknown>;
    const shown = (value: unknown) =>
      typeof value === 'object' ? Object.values(value as object).join(':') : String(value);
    const rows = rowsOf(text.slice(text.indexOf('| option | flag'))).filter(([, flag]) => flag?.startsWith('--'));
    expect(rows.map(([option, , byDefault]) => [option, byDefault])).toEqual(
      OPTION_DOCS.map(({ name }) => [name, shown(defaults[name])]),
    );
    const command = sources.find(({ path: file }) => file === 'src/cli/commands/engine.ts')?.text ?? '';
    expect(rows.filter(([, flag]) => !command.includes(`'${flag} <`) && !command.includes(`'${flag}'`))).toEqual([]);
  });

  it('has a row for each option of the processor with its default, and no other', () => {
    const exporter = { export: () => undefined, shutdown: async () => undefined };
    const { clock: _, random: __, ...defaults } = settingsOf({ exporter });
    const rows = rowsOf(text.slice(text.indexOf('| option of `PanoramaSpanProcessor`'), text.indexOf('## The engine')));
    const documented = rows.slice(1).map(([option, byDefault]) => [option, byDefault]);
    const shown = (value: unknown) =>
      typeof value === 'number' ? String(value) : value === exporter ? '' : 'built in';
    const actual = Object.entries(defaults).map(([option, value]) => [option, shown(value)]);
    expect(documented.sort()).toEqual(actual.sort());
  });
  /** Names of variables stand in quotes wherever they are read, mostly in a table or as an argument. */
  const VARIABLE = /process\.env\['(\w+)'\]|'((?:PANORAMA|OTEL)_[A-Z_]+)'/g;
  const used = new Set(
    sources.flatMap(({ text: code }) => [...code.matchAll(VARIABLE)].map(([, read, quoted]) => read ?? quoted)),
  );

  it('names every environment variable that the code reads', () => {
    expect([...used].filter((name) => /^PANORAMA_/.test(name ?? '')).length).toBeGreaterThan(6);
    expect([...used].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('names no variable of OpenTelemetry that neither the code nor its SDK reads', () => {
    const documented = new Set([...text.matchAll(/`(OTEL_[A-Z_]+)`/g)].map(([, name]) => name as string));
    const sdk = ['sdk-node', 'resources', 'core', 'otlp-exporter-base', 'otlp-grpc-exporter-base', 'configuration'];
    const read = sdk.flatMap((name) => scriptsBelow(path.join(ROOT, 'node_modules/@opentelemetry', name, 'build/src')));
    expect(documented.size).toBeGreaterThan(10);
    // A variable of one signal is put together from parts.
    const isRead = (name: string) =>
      used.has(name) ||
      read.some((code) => code.includes(name) || code.includes(name.replace('OTLP_TRACES_', 'OTLP_')));
    expect([...documented].filter((name) => !isRead(name))).toEqual([]);
  });

  it('names every variable of ours that it documents only if the code reads it', () => {
    const documented = [...text.matchAll(/`(PANORAMA_\w+)/g)].map(([, name]) => name);
    expect(documented.filter((name) => !used.has(name))).toEqual([]);
  });
});

describe('docs/guest.md', () => {
  const text = read('docs/guest.md');

  it('names every count that the processor keeps', () => {
    const exporter = { export: () => undefined, shutdown: async () => undefined };
    const counts = Object.keys(new PanoramaSpanProcessor({ exporter }).counts());
    expect(counts.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('says after how long a call is reported as it is computed', () => {
    const after = (count: number) => suspiciousAfterMs(4, { count, quantileMs: () => 1 });
    const rows = rowsOf(text.slice(text.indexOf('| calls seen'), text.indexOf('- Never before')));
    const documented = rows.slice(1).map(([calls, times]) => [Number.parseInt(calls ?? '', 10), times]);
    for (const [count, times] of documented) {
      const factor = after(Number(count));
      expect(times).toMatch(factor === undefined ? /^not at all/ : `${Number(factor.toFixed(1))} times`);
    }
    expect(documented.map(([count]) => count)).toEqual([0, 20, 100, 1000]);
  });
});

describe('docs/http-api.md', () => {
  const text = read('docs/http-api.md');
  const example = (name: string): Record<string, unknown> => {
    const block = new RegExp(`\`\`\`json ${name}\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
    return JSON.parse(block ?? 'null') as Record<string, unknown>;
  };
  const { verdict, views } = reportOfFailure();
  const keys = (value: unknown) => Object.keys(value as object).sort();

  it('shows every field of a verdict, a subject, a view and an event, and no other', () => {
    const shown = (example('verdicts')['verdicts'] as Record<string, unknown>[])[0] as Record<string, unknown>;
    const actual = verdictJson(verdict);
    expect(keys(shown)).toEqual(keys(asSent(actual)));
    const fields = rowsOf(text).map(([names]) => names?.split(', ') ?? []);
    expect(keys(actual).filter((field) => !fields.some((names) => names.includes(field)))).toEqual([]);
    expect(keys((shown['operations'] as unknown[])[0])).toEqual(keys(actual.operations[0]));
    expect(keys((example('subjects')['subjects'] as unknown[])[0])).toEqual(keys(subjectJson(verdict)));
    expect(keys(example('view'))).toEqual(keys(reportJson({ verdict, views }).views[0]));
    const event = eventJson({ seq: 1, atMs: 0, from: { status: 1, failure: 'none' }, cause: undefined, verdict });
    expect(keys((example('events')['events'] as unknown[])[0])).toEqual(keys(event));
  });

  it('shows every field of evidence and of the journal’s status, and no other', () => {
    const line = {
      environment: '',
      subject: 's',
      observer: 'a',
      operation: 'o',
      status: 5,
      reason: 'error',
      count: 1,
    } as const;
    const evidence = evidenceJson({ ...line, atMs: 0, traceId: '', spanId: '', errorType: '', message: '' });
    expect(keys((example('evidence')['evidence'] as unknown[])[0])).toEqual(keys(evidence));
    const status = JSON.parse(JSON.stringify({ ...new MemoryJournal().status(), path: '' }));
    expect(keys(example('journal'))).toEqual(keys(status));
    const table = rowsOf(text.slice(text.indexOf('says how the history fares'), text.indexOf('## The doctor')));
    const documented = table.slice(1).flatMap(([names]) => names?.split(', ') ?? []);
    expect(documented.sort()).toEqual([...keys(status), 'lastError'].sort());
  });

  it('shows an error with a code that exists', () => {
    expect(Object.keys(ERROR_KINDS)).toContain((example('error')['error'] as { code: string }).code);
  });

  it('lists every route of the API, and no other', () => {
    const code = sources.find(({ path: file }) => file === 'src/engine/api/routes.ts')?.text ?? '';
    const routes = [...code.matchAll(/app\.get\('([^']+)'/g)].map(([, route]) =>
      (route as string).replace('*identity', '{identity}'),
    );
    const documented = rowsOf(text)
      .map(([route]) => /^GET (\S+)$/.exec(route ?? '')?.[1])
      .filter((route) => route !== undefined);
    expect(documented.sort()).toEqual(routes.sort());
  });
});

describe('the README', () => {
  it('gives the two commands that CI runs', () => {
    const readme = read('README.md');
    const ci = read('.ci/run');
    for (const command of ['npm run demo', 'npm test']) {
      expect(readme).toContain(`npm ci && ${command}`);
      expect(ci).toMatch(new RegExp(`^(tests )?${command}( |$)`, 'm'));
    }
  });
});
