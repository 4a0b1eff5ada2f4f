// SPDX-License-Identifier: Apache-2.0
/** Every benchmark there is, with its options. */
import { Command, InvalidArgumentError } from 'commander';
import { benchBaggage } from './baggage.js';
import { benchDetection, type DetectionOptions } from './detection.js';
import { benchIngest, type IngestOptions } from './ingest.js';
import { benchJudge } from './judge.js';
import { benchJudges } from './judges.js';
import { benchPage, type PageOptions } from './page.js';
import { benchProcessor } from './processor.js';
import { benchRecovery } from './recovery.js';
import { benchReplay } from './replay.js';
import { benchSoak, type SoakOptions } from './soak.js';

interface RoundsFlags {
  readonly rounds?: number;
}

interface JudgeFlags extends RoundsFlags {
  readonly views?: number;
  readonly gb?: number;
}

/** A new program, that throws a `CommanderError` where it is used wrongly. */
export function benchProgram(): Command {
  const program = new Command('npm run bench --')
    .description('Measures, and ends with one line of figures: BENCH {json}.')
    .showHelpAfterError()
    .exitOverride();

  program.commandsGroup('Detection (docs/benchmarks/detection.md):');
  add(program, 'detection', 'faults in real clusters, and a stopwatch', (options: DetectionOptions) =>
    benchDetection(options),
  )
    .option('--only <faults>', 'ids, such as f1,c3 (default: all)')
    .option('--runs <n>', 'of each fault (default: 5, an hour and more)', whole)
    .option('--judge <name>', "the engine's judge: sequential or majority (default: sequential)")
    .option('--out <dir>', 'where to write the table and the pictures')
    .option('--record <dir>', 'where to record what the engine was sent')
    .option('--no-collector', 'send straight to the engine even where there is a Collector');
  add(program, 'judges', 'what each judge would have said of recorded faults', (_: object, [dir = '']) =>
    benchJudges(dir),
  ).argument('<dir>', 'what detection --record has written');
  add(program, 'soak', 'nothing is broken, but everything happens', (options: SoakOptions) => benchSoak(options))
    .option('--minutes <n>', 'how long (default: 60)', positive)
    .option('--system <name>', 'of the example, by its first letters');

  program.commandsGroup('The engine (docs/benchmarks.md, docs/judging.md, docs/configuration.md):');
  add(program, 'ingest', 'what an engine takes in, and how soon it judges', (options: IngestOptions) =>
    benchIngest(options),
  )
    .option('--rounds <n>', 'how often (default: 5)', whole)
    .option('--seconds <n>', 'of a round (default: 3)', positive)
    .option('--transport <name>', 'grpc or http (default: both)')
    .option('--views <n>', 'of calls between services (default: 100000)', whole)
    .option('--spans-per-request <n>', '(default: 512)', whole)
    .option('--in-flight <n>', 'requests on their way at once (default: 4)', whole)
    .option('--cores <n>', 'that the engine has to itself (default: 1)', whole)
    .option('--workers <n>', "passed on to the engine (default: the engine's own)")
    .option('--gzip', 'compress requests')
    .option('--profile <dir>', 'where to write a CPU profile of the engine')
    .option('--vs-collector', 'in turn with an OpenTelemetry Collector');
  add(program, 'judge', 'what judging costs by the number of views', ({ rounds, views, gb }: JudgeFlags) =>
    benchJudge(rounds, views, gb),
  )
    .option('--rounds <n>', 'how often', whole)
    .option('--views <n>', 'leave out larger worlds', whole)
    .option('--gb <n>', 'size of the history that is opened (default: 1)', positive);
  add(program, 'recovery', 'how long it takes to open a history', ({ gb, rounds }: JudgeFlags) =>
    benchRecovery(gb, rounds),
  )
    .option('--gb <n>', 'its size (default: 1)', positive)
    .option('--rounds <n>', 'how often', whole);
  add(program, 'replay', 'how fast panorama replay reads', ({ rounds }: RoundsFlags, files) =>
    benchReplay(files, rounds),
  )
    .argument('[files...]', 'recordings (default: a million spans of the load of ingest)')
    .option('--rounds <n>', 'how often', whole);
  add(program, 'page', 'frames and memory of the page under load; needs Chromium', (options: PageOptions) =>
    benchPage(options),
  )
    .option('--rounds <n>', 'how often (default: 3)', whole)
    .option('--seconds <n>', 'of a round (default: 10)', positive)
    .option('--subjects <n>', '(default: 5000)', whole)
    .option('--changes <n>', 'a second (default: 200)', whole);

  program.commandsGroup('The guest (README.md, docs/baggage-limits.md):');
  add(program, 'processor', 'what it adds to a span, and to an HTTP service', ({ rounds }: RoundsFlags) =>
    benchProcessor(rounds),
  ).option('--rounds <n>', 'how often', whole);
  add(program, 'baggage', 'what causal baggage costs a call', ({ rounds }: RoundsFlags) => benchBaggage(rounds)).option(
    '--rounds <n>',
    'how often',
    whole,
  );
  return program;
}

/** A benchmark that ends with its line of figures. */
function add<Flags extends object>(
  program: Command,
  name: string,
  description: string,
  measure: (flags: Flags, words: readonly string[]) => Promise<object>,
): Command {
  return program
    .command(name)
    .description(description)
    .action(async (...given: unknown[]) => {
      const command = given.at(-1) as Command;
      const figures = await measure(command.opts<Flags>(), command.args);
      process.stdout.write(`BENCH ${JSON.stringify({ bench: name, ...figures })}\n`);
    });
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('It is a number above 0.');
}

function whole(text: string): number {
  const number = positive(text);
  if (Number.isInteger(number)) return number;
  throw new InvalidArgumentError('It is a whole number above 0.');
}
