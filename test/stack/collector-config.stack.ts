// SPDX-License-Identifier: Apache-2.0
/** What we ship for other people's programs is what these programs take: they check it themselves. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { BIN } from '../support/engine-process.js';
import { CONFIG_FOLDER, configFile } from './otelcol.js';
import { collectorProgram, programOf, whyWithout, whyWithoutCollector } from './programs.js';

const COLLECTOR_FILES = ['agent', 'bridge', 'gateway', 'gateway-by-environment'];
const PROMETHEUS_FOLDER = path.join(CONFIG_FOLDER, 'prometheus');

interface Configuration {
  readonly processors: Record<string, unknown>;
  readonly exporters: Record<string, unknown>;
  readonly service: { readonly pipelines: Record<string, unknown> };
}

/** What a program says, and whether it is content. */
function asked(program: string, args: readonly string[], cwd = CONFIG_FOLDER) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  return { isContent: status === 0, words: stdout + stderr };
}

describe.skipIf(whyWithoutCollector())('the Collector takes', () => {
  const validate = (...files: readonly string[]) =>
    asked(collectorProgram(), ['validate', ...files.flatMap((file) => ['--config', configFile(file)])]);
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'panorama-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  for (const name of COLLECTOR_FILES) {
    it(`${name}.yaml as it is`, () => {
      expect(validate(name)).toEqual({ isContent: true, words: '' });
    });

    it(`nothing that ${name}.yaml might be by mistake`, () => {
      const file = path.join(folder, `${name}.yaml`);
      writeFileSync(file, readFileSync(configFile(name), 'utf8').replace('check_interval:', 'checks:'));
      expect(validate(file).isContent).toBe(false);
    });
  }

  it('what the README says to copy from agent.yaml, in somebody’s own configuration', () => {
    const { processors, exporters, service } = parse(readFileSync(configFile('agent'), 'utf8')) as Configuration;
    const copied = (parts: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(parts).filter(([name]) => name.endsWith('/engine')));
    const pipelines = Object.entries(copied(service.pipelines)).map(([name, pipeline]) => [
      name,
      { ...(pipeline as object), receivers: ['otlp'] },
    ]);
    expect(pipelines.map(([name]) => name)).toEqual(['traces/engine', 'logs/engine', 'metrics/engine']);
    const own = {
      receivers: { otlp: { protocols: { grpc: {} } } },
      processors: copied(processors),
      exporters: { debug: {}, ...copied(exporters) },
      service: {
        pipelines: { traces: { receivers: ['otlp'], exporters: ['debug'] }, ...Object.fromEntries(pipelines) },
      },
    };
    const file = path.join(folder, 'own.yaml');
    writeFileSync(file, stringify(own));
    expect(validate(file)).toEqual({ isContent: true, words: '' });
  });

  it('agent.yaml and bridge.yaml in one process', () => {
    expect(validate('agent', 'bridge')).toEqual({ isContent: true, words: '' });
  });

  it.each([[[]], [['--backend', 'tempo:4317']]])('what `panorama init` writes: %j', (flags) => {
    const own = path.join(folder, `init-${flags.length}`);
    expect(asked(process.execPath, [BIN, 'init', '--dir', own, ...flags]).isContent).toBe(true);
    const files = [path.join(own, 'collector.yaml'), path.join(own, 'bridge.yaml')];
    expect(validate(...files)).toEqual({ isContent: true, words: '' });
  });

  it('bridge.yaml with its variants', () => {
    const text = readFileSync(configFile('bridge'), 'utf8');
    const file = path.join(folder, 'variants.yaml');
    const unmarked = text.replaceAll(/^#:/gm, '');
    expect(unmarked).not.toBe(text);
    writeFileSync(file, unmarked.replace('exporters: [debug/events]', 'exporters: [debug/events, otlp_http/events]'));
    expect(validate(file)).toEqual({ isContent: true, words: '' });
  });
});

it('all Collector files are among those that are checked', () => {
  const files = readdirSync(CONFIG_FOLDER).filter((name) => name.endsWith('.yaml') && name !== 'compose.yaml');
  const collectors = files.filter((name) => /^receivers:/m.test(readFileSync(path.join(CONFIG_FOLDER, name), 'utf8')));
  expect(collectors.map((name) => name.replace('.yaml', '')).sort()).toEqual([...COLLECTOR_FILES].sort());
});

describe.skipIf(whyWithout('promtool', 'prometheus'))('Prometheus takes', () => {
  const promtool = (...args: readonly string[]) => asked(programOf('promtool'), args, PROMETHEUS_FOLDER);
  const below = (name: string) => readdirSync(path.join(PROMETHEUS_FOLDER, name)).map((file) => `${name}/${file}`);

  it('its configuration, with its targets and rules', () => {
    const { isContent, words } = promtool('check', 'config', 'prometheus.yaml');
    expect([isContent, words]).toEqual([true, expect.not.stringContaining('FAILED')]);
    expect(words).toContain(`${below('rules').length} rule files found`);
  });

  it('its rules, which do what their tests say', () => {
    expect(promtool('check', 'rules', ...below('rules'))).toMatchObject({ isContent: true });
    const { isContent, words } = promtool('test', 'rules', ...below('tests'));
    expect([isContent, words.match(/SUCCESS/g)?.length]).toEqual([true, below('tests').length]);
  });

  it('a test for each alert, and in each alert what it is, why, and what to do', () => {
    const rules = below('rules').map((file) => readFileSync(path.join(PROMETHEUS_FOLDER, file), 'utf8'));
    const tests = below('tests')
      .map((file) => readFileSync(path.join(PROMETHEUS_FOLDER, file), 'utf8'))
      .join('\n');
    const alerts = rules
      .flatMap((text) => text.split(/^ {6}- (?=alert:|record:)/m).slice(1))
      .filter((rule) => rule.startsWith('alert:'));
    expect(alerts.length).toBeGreaterThan(10);
    for (const alert of alerts) {
      const name = /^alert: (\w+)/.exec(alert)?.[1] ?? '';
      for (const part of ['severity', 'summary', 'description', 'runbook'])
        expect(alert).toMatch(new RegExp(`^ +${part}: \\S`, 'm'));
      expect(tests, `no test expects ${name}`).toContain(`alertname="${name}"`);
    }
  });
});
