// SPDX-License-Identifier: Apache-2.0
/** The `panorama` command as a user meets it: its help, its mistakes, and how an engine starts and stops. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { panoramaProgram } from '../../src/cli/program.js';
import { panorama } from '../support/command.js';
import { FREE_PORTS, startEngineProcess } from '../support/engine-process.js';
import { ROOT } from '../support/imports.js';
import { rowsOf } from '../support/pages.js';

const program = panoramaProgram('0.0.0');

/** Every command that does something, by its words. */
function commandsOf(command: Command, words: readonly string[] = []): string[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible
    .filter((each) => each.name() !== 'help')
    .flatMap((each) => {
      const own = [...words, each.name()];
      return each.commands.length > 0 ? commandsOf(each, own) : [own.join(' ')];
    });
}

describe('panorama --help', () => {
  it('lists every command in a group, with a line that says what it does, and examples', async () => {
    const { code, stdout } = await panorama(['--help']);
    expect(code).toBe(0);
    const top = program.createHelp().visibleCommands(program);
    expect(top.length).toBeGreaterThan(10);
    for (const command of top) expect(stdout).toMatch(new RegExp(`^ {2}${command.name()} .*\\w`, 'm'));
    for (const group of ['Run an engine', 'Look', 'In scripts', 'Set up']) expect(stdout).toContain(`${group}:\n`);
    expect(stdout).toContain('$ panorama watch');
  });

  it.each(commandsOf(program))('%s has examples', async (command) => {
    const { code, stdout } = await panorama([...command.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`panorama ${command}\\b`));
    expect(stdout).toContain('Example');
  });
});

describe('docs/command-line.md', () => {
  const page = readFileSync(path.join(ROOT, 'docs/command-line.md'), 'utf8');

  it('has a row for each command, and no other', () => {
    const rows = rowsOf(page.slice(0, page.indexOf('\n## ')))
      .map(([command]) => /^panorama ((?:[a-z]+ ?)+)/.exec(command ?? '')?.[1]?.trim())
      .filter((command) => command !== undefined);
    expect(rows.sort()).toEqual(commandsOf(program).sort());
  });

  it('shows only commands and options that there are', () => {
    const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) => text ?? '').join('\n');
    const lines = blocks.match(/\bpanorama [a-z][^|;&)\n#]*/g) ?? [];
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) {
      const words = line.split(/\s+/).slice(1);
      let command = program as Command;
      for (const word of words) command = command.commands.find((each) => each.name() === word) ?? command;
      expect(command, line).not.toBe(program);
      const flags = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0]);
      expect(flags.filter((flag) => !command.options.some(({ long }) => long === flag))).toEqual([]);
    }
  });
});

describe('a mistake', () => {
  it('in a command gets a suggestion', async () => {
    const { code, stderr } = await panorama(['wacth']);
    expect(code).toBe(64);
    expect(stderr).toContain('Did you mean watch?');
  });

  it.each([
    [['wacth'], 'Did you mean watch?'],
    [['get', 'panorma'], 'Did you mean panorama?'],
    [['ping', 'xyz'], 'There are: none'],
  ])('in what help is asked for gets a suggestion: help %s', async (words, suggestion) => {
    const { code, stderr } = await panorama(['help', ...words]);
    expect([code, stderr]).toEqual([64, expect.stringContaining(suggestion)]);
  });

  it('is none in what help is asked for: it is what --help says', async () => {
    const [asked, flagged] = await Promise.all([
      panorama(['help', 'get', 'view']),
      panorama(['get', 'view', '--help']),
    ]);
    expect(asked).toEqual(flagged);
  });

  it.each([
    ['verdicts', 'panorama dump verdicts'],
    ['subject', 'panorama get panorama SUBJECT'],
  ])('that was a command once, %s, says what it is now', async (word, now) => {
    const { code, stderr } = await panorama([word]);
    expect(code).toBe(64);
    expect(stderr).toContain(now);
  });

  it('in an option says which and what is wanted, and not a stack trace', async () => {
    const { code, stderr } = await panorama(['engine', '--api', 'nonsense', '--log-level', 'loud']);
    expect(code).toBe(78);
    expect(stderr).toMatch(/api: must be HOST:PORT.*logLevel/s);
    expect(stderr).not.toContain('    at ');
  });

  it('in the scheme of an address says what is wanted', async () => {
    const { code, stderr } = await panorama(['ping', '--api', 'ftp://127.0.0.1']);
    expect([code, stderr]).toEqual([
      64,
      expect.stringContaining('ftp://127.0.0.1 is not a URL; give one such as http://'),
    ]);
  });

  it.each([[['dump', 'verdicts']], [['watch']], [['watch', '--json']], [['ping']], [['check', 'shop']]])(
    'in the engine’s address says how to start one: %s',
    async (command) => {
      const { code, stderr } = await panorama([...command, '--api', 'http://127.0.0.1:1']);
      expect(code).toBe(69);
      expect(stderr).toContain('panorama engine');
    },
  );
});

describe('an engine', () => {
  it.each([['--otlp-grpc'], ['--otlp-http'], ['--api']])('whose port is taken says so and names %s', async (flag) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const args = FREE_PORTS.map((word, index) => (FREE_PORTS[index - 1] === flag ? taken : word));
    const { code, stderr } = await panorama(['engine', ...args]);
    other.close();
    expect(code).toBe(71);
    expect(stderr).toContain(`another process listens on ${taken} already`);
    expect(stderr).toContain(flag);
  });

  it('answers a ping while it runs; on Ctrl-C it ends with 0, says so in its log and frees its ports', async () => {
    const own = await startEngineProcess();
    const { api } = own.addresses;
    const ping = await panorama(['ping', '--json'], { PANORAMA_API: api });
    expect(ping.code).toBe(0);
    expect(JSON.parse(ping.stdout)).toMatchObject({ engine: `http://${api}`, isReady: true });
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const { stdout } = await panorama(['ping', '--api', api]);
    expect(stdout).toMatch(
      new RegExp(`^the engine at http://${api} takes spans \\([\\d.]+ ms, version ${version}, up for \\d+ s\\)$`, 'm'),
    );
    own.process.kill('SIGINT');
    const [code] = (await once(own.process, 'close')) as [number | null];
    expect(code).toBe(0);
    const said = own.log.map(({ msg }) => msg);
    expect(said.slice(-2)).toEqual(['engine stopping', 'engine stopped']);
    expect((await panorama(['ping', '--api', api])).code).toBe(69);
  });
});
