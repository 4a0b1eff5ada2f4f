// SPDX-License-Identifier: Apache-2.0
/**
 * `panorama report`: what a person or a script has seen, told to the engine. It is an observation like any other, and votes like a
 * caller's; so it says who speaks.
 */
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { systemClock, systemRandom } from '../../model/clock.js';
import { type ErrorCode, PanoramaError } from '../../model/errors.js';
import { formatIdentity, resolutionOf } from '../../model/identity.js';
import { statusName } from '../../model/status.js';
import { type CredentialFlags, credentialsOf, withCredentialOptions } from '../credentials.js';
import { type Answer, exchange, jsonIn, unreachable, urlIn } from '../exchange.js';
import { identityIn, observationRequest, sightingIn } from '../observation-request.js';
import { jsonText, plain } from '../text.js';

/** Where an engine takes OTLP over HTTP unless told otherwise. */
const DEFAULT_OTLP_URL = 'http://127.0.0.1:4318';

/** An engine answers when it has taken the spans in; in ms. */
const TIMEOUT_MS = 10_000;

interface Flags extends CredentialFlags {
  readonly otlp: string;
  readonly observer: string;
  readonly environment: string;
  readonly message: string;
  readonly json?: boolean;
}

export function reportCommand(program: Command): void {
  const otlp = process.env['PANORAMA_OTLP'] || DEFAULT_OTLP_URL;
  const self = formatIdentity({ service: 'cli', instance: hostname() }).text;
  const report = program
    .command('report')
    .description('tell the engine what you, or a script, have seen of a subject')
    .argument('<subject>', 'whom, such as checkout or datanode/dn2')
    .argument('<observation...>', 'OPERATION:STATUS, or OPERATION:STATUS:SCORE')
    .option('--otlp <url>', 'where the engine takes OTLP over HTTP', otlp)
    .option('--observer <name>', 'who has seen it', self)
    .option('--environment <name>', 'the deployment environment', '')
    .option('--message <text>', 'why: it stands with the evidence', '')
    .option('--json', 'JSON instead of text');
  withCredentialOptions(report)
    .addHelpText(
      'after',
      `
Statuses: healthy, pending, maybe_unhealthy, unhealthy, dying, dead, na. SCORE is how many calls the word weighs as, from 1 to 1000;
1 where it is left out. With 1 it convicts nobody, for neither does one failed call; with 3 it does where nobody contradicts. A report
counts for as long as a call does: a minute or so.
Exit code: 0 the engine took it, 64 it is no report, 69 no engine answers.

Examples:
  $ panorama report checkout "POST /orders:unhealthy:3" --message "orders vanish, see INC-12"
  $ panorama report datanode/dn2 "disk scrub:healthy" --observer scrubber/rack-7
  $ smartctl -H /dev/sda || panorama report datanode/dn2 disk:dying:5`,
    )
    .action(run);
}

async function run(name: string, texts: readonly string[], flags: Flags): Promise<void> {
  const baseUrl = urlIn('--otlp', flags.otlp, DEFAULT_OTLP_URL);
  const text = identityIn('the subject', name);
  const observer = identityIn('--observer', flags.observer);
  const sightings = texts.map(sightingIn);
  const { environment, message } = flags;
  const body = JSON.stringify(
    observationRequest({
      observer,
      subject: { text, resolution: resolutionOf(text) },
      environment,
      sightings,
      message,
      nowMs: systemClock.nowMs(),
      freshHex,
    }),
  );
  await send(baseUrl, flags, body);
  const taken = sightings.map(({ operation, status, score }) => ({ operation, status: statusName(status), score }));
  const said = taken.map(({ operation, status, score }) =>
    plain(`${observer} finds ${text} ${status} in ${operation}${score > 1 ? `, as ${score} calls would` : ''}`),
  );
  const told = flags.json
    ? jsonText({ observer, subject: text, environment, observations: taken }, 2)
    : said.join('\n');
  process.stdout.write(`${told}\n`);
}

async function send(baseUrl: string, flags: Flags, body: string): Promise<void> {
  const url = new URL(`${baseUrl.replace(/\/v1\/traces$/, '')}/v1/traces`);
  const headers = { 'content-type': 'application/json' };
  let answer: Answer;
  try {
    answer = await exchange(url, credentialsOf(flags), { method: 'POST', headers, body, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    throw unreachable(baseUrl, '--otlp', error as Error);
  }
  const told = jsonIn(answer.body) as Told | undefined;
  if (answer.status !== 200 || told === undefined) throw refusal(baseUrl, answer.status, told?.message);
  const { rejectedSpans = 0, errorMessage = '' } = told.partialSuccess ?? {};
  if (Number(rejectedSpans) > 0) throw new PanoramaError('PANO_USAGE', `the engine did not take it: ${errorMessage}`);
}

interface Told {
  readonly message?: string;
  readonly partialSuccess?: { readonly rejectedSpans?: string | number; readonly errorMessage?: string };
}

/** What an answer that is not 200 means; of anything else it is not an engine that answers. */
const REFUSALS: Readonly<Record<number, ErrorCode>> = {
  401: 'PANO_UNAUTHENTICATED',
  403: 'PANO_FORBIDDEN',
  421: 'PANO_HOST_REFUSED',
  429: 'PANO_OVERLOADED',
  503: 'PANO_STOPPING',
};

function refusal(baseUrl: string, status: number, message: string | undefined): PanoramaError {
  const code = REFUSALS[status];
  if (code !== undefined) return new PanoramaError(code, message ?? `the engine at ${baseUrl} answers ${status}`);
  return new PanoramaError(
    'PANO_ENGINE_UNREACHABLE',
    `what answers at ${baseUrl} takes no OTLP over HTTP (HTTP ${status}); check --otlp`,
  );
}

function freshHex(byteCount: number): string {
  const bytes = new Uint8Array(byteCount);
  systemRandom(bytes);
  return Buffer.from(bytes).toString('hex');
}
