// SPDX-License-Identifier: Apache-2.0
/** `panorama engine`: runs an engine until it is told to stop. */
import type { Command } from 'commander';
import type { EngineOptionsInput } from '../../engine/options.js';
import { PanoramaError } from '../../model/errors.js';

export function engineCommand(program: Command): void {
  program
    .command('engine')
    .description('run the engine: receive OTLP spans, judge, answer the API')
    .option('--otlp-grpc <host:port>', 'where to receive OTLP over gRPC (default: 127.0.0.1:4317)')
    .option('--otlp-http <host:port>', 'where to receive OTLP over HTTP (default: 127.0.0.1:4318)')
    .option('--api <host:port>', 'where to answer the HTTP API (default: 127.0.0.1:16688)')
    .option('--tls-cert <file>', 'certificate of every listener, PEM, its chain after it (default: no TLS)')
    .option('--tls-key <file>', "the certificate's key, PEM")
    .option('--tls-client-ca <file>', 'authorities of which every client must show a certificate, PEM (default: none)')
    .option('--tokens-file <file>', 'bearer tokens of which every request must show one (default: none)')
    .option('--insecure-bind', 'listen off loopback although TLS, or a way to know clients, is missing')
    .option('--judge <name>', 'sequential, sequential-quick, sequential-calm or majority (default: sequential)')
    .option('--evidence-lifetime-ms <ms>', 'how long evidence counts at least (default: 60000)', wholeNumber)
    .option(
      '--pending-ms <ms>',
      'how long a hung call may be out before it counts as failed (default: 1000)',
      wholeNumber,
    )
    .option('--body-bytes-max <bytes>', 'largest request body (default: 4194304)', wholeNumber)
    .option('--workers <count>', "threads that decode beside the engine's own, or auto (default: auto)", countOrAuto)
    .option('--view-count-max <count>', 'views kept in memory (default: 50000)', wholeNumber)
    .option('--history <file>', 'keep history in a SQLite file, and go on from it after a restart (default: none)')
    .option('--history-days <days>', 'how long history is kept (default: 30)', wholeNumber)
    .option('--history-max-mb <mib>', 'how large the history may grow (default: 1024)', wholeNumber)
    .option(
      '--bridge <url>',
      'send verdicts as OTLP metrics to http://HOST:4318 or grpc://HOST:4317 (default: nowhere)',
    )
    .option('--bridge-events', 'send changes of verdicts there too, as OTLP log events')
    .option('--bridge-interval-ms <ms>', 'how often metrics are sent (default: 5000)', wholeNumber)
    .option('--bridge-pair-count-max <count>', 'observers × subjects among the metrics (default: 2000)', wholeNumber)
    .option('--webhook <url>', "post alerts there, as Alertmanager's webhooks do (default: none)")
    .option('--webhook-secret-file <file>', 'secret that signs those posts (default: not signed)')
    .option('--trace-url <url>', "where the page's links to traces go, with {traceId} in it (default: no links)")
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent (default: info)')
    .addHelpText(
      'after',
      `
Port 0 lets the system choose; the log line "engine listening" tells the real ones.

Examples:
  $ panorama engine
  $ panorama engine --history panorama.db
  $ panorama engine --bridge http://collector:4318 --bridge-events
  $ panorama engine --otlp-grpc 127.0.0.1:14317 --otlp-http 127.0.0.1:14318
  $ panorama engine --otlp-grpc 0.0.0.0:4317 --tls-cert tls.crt --tls-key tls.key --tokens-file tokens

All three listeners have the same certificate and tokens. Files that change are read again within seconds; docs/security.md
says what stands in them.`,
    )
    .action((options: EngineFlags) => run(options));
}

type EngineFlags = Omit<EngineOptionsInput, 'judge' | 'logLevel'> & {
  readonly judge?: string;
  readonly logLevel?: string;
};

async function run(flags: EngineFlags): Promise<void> {
  // Listened for before there is anything to stop, so that a Ctrl-C at any time ends in an orderly way.
  const stopped = new Promise<void>((resolve) => {
    const stop = (): void => {
      // The next signal, whichever of them, ends the process the usual way.
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
  const { startEngine } = await import('../../engine/main.js');
  const { judge, logLevel } = flags as EngineOptionsInput;
  const engine = await startEngine({ ...flags, judge, logLevel });
  if (process.stderr.isTTY) {
    process.stderr.write(
      `Panorama engine\n  OTLP/gRPC  ${engine.otlpGrpc}\n  OTLP/HTTP  ${engine.scheme}://${engine.otlpHttp}/v1/traces\n  API        ${engine.scheme}://${engine.api}\nThe page is at ${engine.scheme}://${engine.api}/ and \`panorama watch\` shows the same in a terminal. Ctrl-C stops.\n`,
    );
  }
  await stopped;
  await engine.close();
}

function countOrAuto(text: string): number | 'auto' {
  return text === 'auto' ? text : wholeNumber(text);
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw new PanoramaError(
      'PANO_OPTIONS_INVALID',
      `${JSON.stringify(text)} is not a whole number; correct it and start again`,
    );
  }
  return Number(text);
}
