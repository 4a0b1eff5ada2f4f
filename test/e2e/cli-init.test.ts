// SPDX-License-Identifier: Apache-2.0
/** `panorama init`: what it writes fits together, an engine starts with it, and nothing is lost by it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { withoutBlocks } from '../../src/cli/init/yaml-blocks.js';
import { panorama } from '../support/command.js';
import { BIN, FREE_PORTS } from '../support/engine-process.js';
import { ROOT } from '../support/imports.js';
import { read } from '../support/pages.js';

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: object;
}

interface Service {
  readonly image?: string;
  readonly build?: { readonly dockerfile_inline: string };
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
}

interface Collector {
  readonly service: { readonly pipelines: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> };
  readonly [part: string]: unknown;
}

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'panorama-init-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const written = (name: string) => readFileSync(path.join(folder, 'here', name), 'utf8');
const init = (...flags: readonly string[]) => panorama(['init', '--dir', path.join(folder, 'here'), ...flags]);
const compose = () => parse(written('compose.yaml')) as Compose;

/** The first line of an engine that `engine.sh` starts with other words behind it. */
async function engineWith(words: readonly string[]): Promise<{ msg: string }> {
  const command = path.join(folder, 'panorama');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(command, 0o755);
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
  const args = [path.join(folder, 'here/engine.sh'), ...words];
  child = spawn('sh', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) {
    const entry = JSON.parse(line) as { msg: string };
    if (entry.msg === 'engine listening') return entry;
  }
  throw new Error('the engine ended before it listened');
}

describe('panorama init', () => {
  it('asks nothing where there is no terminal, and says what it wrote and what comes next', async () => {
    const { code, stdout } = await init();
    expect(code).toBe(0);
    const names = ['engine.sh', 'collector.yaml', 'bridge.yaml', 'compose.yaml'];
    for (const name of names) expect(stdout).toContain(`wrote ${path.join(folder, 'here', name)}\n`);
    expect(readdirSync(path.join(folder, 'here')).sort()).toEqual([...names].sort());
    expect(stdout).toContain(`sh ${path.join(folder, 'here/engine.sh')}\n`);
    expect(stdout).toContain('panorama watch');
  });

  it('writes a script with which an engine starts, here and as the compose file calls it', async () => {
    await init('--webhook', 'https://example.com/hook?a=1&b=2');
    expect(await engineWith(FREE_PORTS)).toMatchObject({ msg: 'engine listening' });
    expect(existsSync(path.join(folder, 'here/panorama.db'))).toBe(true);
    child?.kill('SIGKILL');
    const { command } = compose().services['engine'] as Service;
    const here = command.map((word) =>
      word.replace(/0\.0\.0\.0:\d+/, '127.0.0.1:0').replace('/var/lib/panorama', folder),
    );
    expect(await engineWith(here)).toMatchObject({ msg: 'engine listening' });
    expect(existsSync(path.join(folder, 'history.db'))).toBe(true);
  });

  it.each([
    [[], []],
    [
      ['--backend', 'tempo:4317'],
      ['metrics/backend', 'logs/backend', 'traces/backend'],
    ],
  ])('writes a Collector’s configuration in which every part is there: %j', async (flags, more) => {
    await init(...flags);
    const collector = parse(written('collector.yaml')) as Collector;
    const { pipelines } = collector.service;
    expect(
      Object.keys(pipelines)
        .filter((name) => name.endsWith('/backend'))
        .sort(),
    ).toEqual([...more].sort());
    expect(Object.keys(pipelines)).toEqual(expect.arrayContaining(['traces', 'traces/engine', 'logs/engine']));
    const parts = { receivers: 'receivers', processors: 'processors', exporters: 'exporters' };
    for (const [name, pipeline] of Object.entries(pipelines)) {
      for (const part of Object.keys(parts)) {
        const known = { ...(collector[part] as object), ...(collector['connectors'] as object) };
        expect(Object.keys(known), name).toEqual(expect.arrayContaining([...(pipeline[part] ?? [])]));
      }
    }
    expect(/backend/i.test(JSON.stringify(collector))).toBe(flags.length > 0);
    expect(written('collector.yaml').includes(':-tempo:4317}')).toBe(flags.length > 0);
    expect(written('bridge.yaml')).toBe(read('collector-config/bridge.yaml'));
  });

  it('writes a compose file with what our own has: images, variables, ports on this machine alone', async () => {
    await init('--backend', 'localhost:24317');
    const own = parse(read('collector-config/compose.yaml')) as Compose;
    const { engine, collector } = compose().services as Record<'engine' | 'collector', Service>;
    expect(collector.image).toBe(own.services['collector']?.image);
    const backend = { BACKEND_OTLP_GRPC: 'host.docker.internal:24317' };
    expect(collector.environment).toEqual({ ...own.services['collector']?.environment, ...backend });
    const from = /^FROM (\S+)$/m;
    expect(from.exec(engine.build?.dockerfile_inline ?? '')?.[1]).toBe(
      from.exec(read('collector-config/Dockerfile').split('AS build')[1] ?? '')?.[1],
    );
    const manifest = JSON.parse(read('package.json')) as { name: string; version: string };
    expect(engine.build?.dockerfile_inline).toContain(` ${manifest.name}@${manifest.version}\n`);
    const ports = [...engine.ports, ...collector.ports];
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    const mounted = [...engine.volumes, ...collector.volumes].map((volume) => volume.split(':')[0] ?? '');
    for (const name of mounted.filter((each) => each.startsWith('./'))) {
      expect(existsSync(path.join(folder, 'here', name)), name).toBe(true);
    }
    expect(mounted.filter((each) => !each.startsWith('./')).sort()).toEqual(
      Object.keys(compose().volumes ?? {}).sort(),
    );
  });

  it('leaves out what is not wanted', async () => {
    const { stdout } = await init('--no-collector', '--history-days', '0', '--package', './panorama.tgz', '--json');
    expect((JSON.parse(stdout) as { files: string[] }).files.map((file) => path.basename(file))).toEqual([
      'engine.sh',
      'compose.yaml',
    ]);
    expect(written('engine.sh')).not.toMatch(/history|bridge/);
    expect(written('engine.sh')).toContain('--otlp-grpc 127.0.0.1:4317');
    const { services, volumes } = compose();
    expect(Object.keys(services)).toEqual(['engine']);
    expect(volumes).toBeUndefined();
    expect(services['engine']?.build?.dockerfile_inline).toContain('COPY ./panorama.tgz /tmp/panorama.tgz\n');
    expect(await engineWith(FREE_PORTS)).toMatchObject({ msg: 'engine listening' });
  });

  it('says so where no folder can be made, be it that the kernel makes none', async () => {
    const below = process.platform === 'linux' ? '/proc/panorama/here' : path.join(BIN, 'here');
    const { code, stderr } = await panorama(['init', '--dir', below]);
    expect(code).toBe(64);
    expect(stderr).toMatch(/cannot write to --dir/);
  });

  it('writes over nothing unless it is told to', async () => {
    await init('--no-collector');
    writeFileSync(path.join(folder, 'here/engine.sh'), 'mine');
    const refused = await init();
    expect([refused.code, refused.stderr]).toEqual([
      64,
      expect.stringMatching(/engine\.sh, .*are there already.*--force/),
    ]);
    expect(written('engine.sh')).toBe('mine');
    expect(existsSync(path.join(folder, 'here/collector.yaml'))).toBe(false);
    expect((await init('--force')).code).toBe(0);
    expect(written('engine.sh')).toContain('exec panorama engine');
  });

  it.each([
    ['--backend', 'nowhere', 'is not HOST:PORT'],
    ['--history-days', 'long', 'is no whole number of days'],
    ['--webhook', "https://x/'; reboot", 'is no URL'],
    ['--package', 'a; b', 'nothing that npm installs'],
  ])('refuses %s %s', async (flag, value, why) => {
    const { code, stderr } = await init(flag, value);
    expect([code, stderr]).toEqual([64, expect.stringContaining(why)]);
    expect(stderr).toContain(flag);
    expect(existsSync(path.join(folder, 'here'))).toBe(false);
  });
});

it('what a set-up is made of is in the package', () => {
  const { files } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
  expect(files).toEqual(expect.arrayContaining(['collector-config/agent.yaml', 'collector-config/bridge.yaml']));
});

describe('a part that is taken out of a YAML file', () => {
  const YAML = 'a:\n  # of b\n  b:\n    c: 1\n\n  # of d\n  d:\n    e: 2\n\nf: 3\n';

  it('goes with its comment, and nothing else does', () => {
    expect(withoutBlocks(YAML, [['a', 'b']])).toBe('a:\n  # of d\n  d:\n    e: 2\n\nf: 3\n');
    expect(withoutBlocks(YAML, [['a', 'd']])).toBe('a:\n  # of b\n  b:\n    c: 1\n\n\nf: 3\n');
    expect(withoutBlocks(YAML, [['f']])).toBe(YAML.slice(0, YAML.indexOf('f:')));
  });

  it('must be there', () => {
    expect(() => withoutBlocks(YAML, [['a', 'e']])).toThrow('the file has no a.e');
  });
});
