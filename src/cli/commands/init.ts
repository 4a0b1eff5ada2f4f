// SPDX-License-Identifier: Apache-2.0
/** `panorama init`: asks a few questions, or none where there is nobody to ask, and writes what an engine and what is around it start with. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { PanoramaError } from '../../model/errors.js';
import { type Answers, QUESTIONS, setUpOf } from '../init/answers.js';
import { filesOf, type Shipped, type WrittenFile } from '../init/files.js';
import { jsonText } from '../text.js';

interface Flags {
  readonly dir: string;
  readonly collector: boolean;
  readonly backend: string;
  readonly historyDays: string;
  readonly webhook: string;
  readonly package: string;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** @param version of this package, which is the one that the image has */
export function initCommand(program: Command, version: string): void {
  program
    .command('init')
    .description('write an engine configuration, a Collector configuration and a compose file that fit together')
    .option('--dir <dir>', 'where to write them', '.')
    .option('--no-collector', 'applications send to the engine itself')
    .option('--backend <host:port>', 'where your tracing backend takes OTLP over gRPC, behind the Collector', 'none')
    .option('--history-days <days>', 'for how long history is kept; 0: not at all', '30')
    .option('--webhook <url>', 'where alerts are posted', 'none')
    .option(
      '--package <spec>',
      'what npm installs in the image, or a .tgz file beside compose.yaml',
      `panorama-otel@${version}`,
    )
    .option('--yes', 'ask nothing: the defaults hold where no option says otherwise')
    .option('--force', 'write over files that are there')
    .option('--json', 'JSON instead of text; asks nothing')
    .addHelpText(
      'after',
      `
What an option answers is not asked, and where input or output is no terminal nothing is. Nothing is written over without --force.

Examples:
  $ panorama init
  $ panorama init --dir panorama --yes --backend tempo:4317
  $ panorama init --no-collector --history-days 0`,
    )
    .action((flags: Flags, command: Command) => run(flags, command));
}

async function run(flags: Flags, command: Command): Promise<void> {
  const isAsked = process.stdin.isTTY && process.stdout.isTTY && !flags.yes && !flags.json;
  const given: Answers = {
    collector: flags.collector ? 'yes' : 'no',
    backend: flags.backend,
    historyDays: flags.historyDays,
    webhook: flags.webhook,
  };
  const isOpen = (option: string): boolean => command.getOptionValueSource(option) === 'default';
  const answers = isAsked ? await asked(given, isOpen) : given;
  const files = filesOf(setUpOf(answers, flags.package), await shipped());
  await write(flags, files);
  const written = files.map(({ name }) => path.join(flags.dir, name));
  const text = flags.json
    ? jsonText({ files: written }, 2)
    : `${written.map((file) => `wrote ${file}`).join('\n')}\n\n${nextSteps(flags, files)}`;
  process.stdout.write(`${text}\n`);
}

/** Asks what no option has answered. Who closes the terminal, or strikes Ctrl-C, has decided against it. */
async function asked(given: Answers, isOpen: (option: string) => boolean): Promise<Answers> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new AbortController();
  terminal.once('close', () => closed.abort());
  const answers: Record<string, string> = { ...given };
  try {
    for (const question of QUESTIONS) {
      if (!isOpen(question.option) || !question.isAsked(answers as Answers)) continue;
      for (let wrong: string | undefined = ''; wrong !== undefined; ) {
        const prompt = `${wrong && `That ${wrong}. `}${question.text} [${question.byDefault}] `;
        const answer = (await terminal.question(prompt, { signal: closed.signal })).trim() || question.byDefault;
        wrong = question.fault(answer);
        answers[question.option] = answer;
      }
    }
  } catch (error) {
    throw new PanoramaError('PANO_USAGE', 'nothing was written, because the questions were broken off', error);
  } finally {
    terminal.close();
  }
  return answers as Answers;
}

/** The Collector's configurations, as the package brings them. */
async function shipped(): Promise<Shipped> {
  const read = (name: string) => readFile(new URL(`../../../collector-config/${name}.yaml`, import.meta.url), 'utf8');
  return { agent: await read('agent'), bridge: await read('bridge') };
}

/** All of them or none: whatever is there already is looked for first. */
async function write({ dir, force }: Flags, files: readonly WrittenFile[]): Promise<void> {
  const there: string[] = [];
  for (const { name } of files) {
    const found = await stat(path.join(dir, name)).catch(() => undefined);
    if (found) there.push(path.join(dir, name));
  }
  if (there.length > 0 && !force) {
    const what = there.length === 1 ? `${there[0]} is there already` : `${there.join(', ')} are there already`;
    throw new PanoramaError('PANO_USAGE', `${what}, and nothing was written; give another --dir, or --force`);
  }
  try {
    await makeFolder(path.resolve(dir));
    for (const { name, text, isScript } of files) {
      const mode = isScript ? 0o755 : 0o644;
      await writeFile(path.join(dir, name), text, { mode, flag: force ? 'w' : 'wx' });
    }
  } catch (error) {
    throw new PanoramaError('PANO_USAGE', `cannot write to --dir ${dir}: ${(error as Error).message}`, error);
  }
}

/** Level by level: made all at once, Node tries for ever where the kernel makes no folders, as below `/proc`. */
async function makeFolder(folder: string): Promise<void> {
  if (await stat(folder).catch(() => undefined)) return;
  await makeFolder(path.dirname(folder));
  await mkdir(folder);
}

function nextSteps({ dir }: Flags, files: readonly WrittenFile[]): string {
  const hasCollector = files.some(({ name }) => name === 'collector.yaml');
  const file = (name: string): string => path.join(dir, name);
  const collector = `  otelcol-contrib --config ${file('collector.yaml')} --config ${file('bridge.yaml')}   # in another\n`;
  return `Next, in a terminal:
  sh ${file('engine.sh')}
${hasCollector ? collector : ''}or in containers:
  docker compose --file ${file('compose.yaml')} up --build --wait
Then point applications to 127.0.0.1:4317 (OTLP over gRPC) or 127.0.0.1:4318 (HTTP), and look: panorama watch`;
}
