// SPDX-License-Identifier: Apache-2.0
/**
 * The engine's options: one schema, validated once, all faults reported together, frozen after. Each field's
 * description is its documentation; `docs/configuration.md` is checked against it.
 */
import { z } from 'zod';
import { PanoramaError } from '../model/errors.js';
import { parseOtlpEndpoint } from './bridge/otlp-endpoint.js';
import { JUDGE_NAMES, type JudgeName } from './verdict/presets.js';

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface EngineOptions {
  readonly otlpGrpc: ListenAddress;
  readonly otlpHttp: ListenAddress;
  readonly api: ListenAddress;
  readonly tlsCert: string;
  readonly tlsKey: string;
  readonly tlsClientCa: string;
  readonly tokensFile: string;
  readonly insecureBind: boolean;
  readonly bodyBytesMax: number;
  readonly workers: number | 'auto';
  readonly judge: JudgeName;
  readonly viewCountMax: number;
  readonly evidenceLifetimeMs: number;
  readonly pendingMs: number;
  readonly history: string;
  readonly historyDays: number;
  readonly historyMaxMb: number;
  readonly bridge: string;
  readonly bridgeEvents: boolean;
  readonly bridgeIntervalMs: number;
  readonly bridgePairCountMax: number;
  readonly webhook: string;
  readonly webhookSecretFile: string;
  readonly traceUrl: string;
  readonly logLevel: LogLevel;
}

/** What a user may give: addresses as `HOST:PORT` (`[v6]:PORT`; port 0 lets the system choose), the rest as it is. */
export interface EngineOptionsInput {
  readonly otlpGrpc?: string | undefined;
  readonly otlpHttp?: string | undefined;
  readonly api?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsClientCa?: string | undefined;
  readonly tokensFile?: string | undefined;
  readonly insecureBind?: boolean | undefined;
  readonly bodyBytesMax?: number | undefined;
  readonly workers?: number | 'auto' | undefined;
  readonly judge?: JudgeName | undefined;
  readonly viewCountMax?: number | undefined;
  readonly evidenceLifetimeMs?: number | undefined;
  readonly pendingMs?: number | undefined;
  readonly history?: string | undefined;
  readonly historyDays?: number | undefined;
  readonly historyMaxMb?: number | undefined;
  readonly bridge?: string | undefined;
  readonly bridgeEvents?: boolean | undefined;
  readonly bridgeIntervalMs?: number | undefined;
  readonly bridgePairCountMax?: number | undefined;
  readonly webhook?: string | undefined;
  readonly webhookSecretFile?: string | undefined;
  readonly traceUrl?: string | undefined;
  readonly logLevel?: LogLevel | undefined;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const address = z.string().transform((text, context): ListenAddress => {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host !== undefined && port <= 65_535) return { host, port };
  context.addIssue({
    code: 'custom',
    message: `must be HOST:PORT, such as 127.0.0.1:4317, got ${JSON.stringify(text)}`,
  });
  return z.NEVER;
});

const path = (description: string) => z.string().default('').describe(description);

const count = (min: number, max: number) => z.number().int().min(min).max(max);

const fields = z.strictObject({
  otlpGrpc: address.default({ host: '127.0.0.1', port: 4317 }).describe('Where OTLP over gRPC is received.'),
  otlpHttp: address
    .default({ host: '127.0.0.1', port: 4318 })
    .describe('Where OTLP over HTTP is received, protobuf and JSON.'),
  api: address.default({ host: '127.0.0.1', port: 16_688 }).describe('Where the HTTP API answers.'),
  tlsCert: path('File of the certificate that all listeners show, PEM, its chain after it. Empty: no TLS.'),
  tlsKey: path('File of the certificate’s key, PEM, without a passphrase.'),
  tlsClientCa: path('File of the authorities of which every client must show a certificate, PEM. Empty: none must.'),
  tokensFile: path('File of the bearer tokens of which every request must show one. Empty: none must.'),
  insecureBind: z
    .boolean()
    .default(false)
    .describe('Whether the engine may listen off loopback without TLS, or without knowing its clients.'),
  bodyBytesMax: count(1024, 268_435_456)
    .default(4_194_304)
    .describe(
      'Largest request body, in bytes, as sent and after decompression. 4 MiB is the Collector’s gRPC default.',
    ),
  workers: z
    .union([z.literal('auto'), count(0, 64)], { error: 'must be auto, or a whole number from 0 to 64' })
    .default('auto')
    .describe(
      'Threads that decode traces beside the engine’s own; 0: none. `auto`: one where there are three cores or more.',
    ),
  judge: z
    .enum(JUDGE_NAMES)
    .default('sequential')
    .describe(
      'Who judges: `sequential`, or quicker (`sequential-quick`) or calmer (`sequential-calm`); `majority` is the paper’s.',
    ),
  viewCountMax: count(100, 10_000_000)
    .default(50_000)
    .describe('Views (observer × subject × operation) kept; about 600 bytes each. The least recently seen go first.'),
  evidenceLifetimeMs: count(1000, 3_600_000)
    .default(60_000)
    .describe('How long evidence counts at least, in ms; longer for pairs that talk seldom, at most an hour.'),
  pendingMs: count(100, 600_000)
    .default(1000)
    .describe('How long a hung call is PENDING before it counts as UNHEALTHY, in ms.'),
  history: z
    .string()
    .default('')
    .describe('File in which history and views outlive the process; needs better-sqlite3. Empty: memory only.'),
  historyDays: count(1, 3650).default(30).describe('How long history is kept, in days.'),
  historyMaxMb: count(10, 1_000_000)
    .default(1024)
    .describe('Size of the history, in MiB, past which the oldest of it is forgotten.'),
  bridge: z
    .string()
    .default('')
    .refine((text) => text === '' || parseOtlpEndpoint(text) !== undefined, {
      error: 'must be http://HOST:PORT or grpc://HOST:PORT; https:// and grpcs:// with TLS',
    })
    .describe('Where verdicts go as OTLP metrics: `http://HOST:4318`, or `grpc://HOST:4317`. Empty: nowhere.'),
  bridgeEvents: z.boolean().default(false).describe('Whether changes of verdicts go there too, as OTLP log events.'),
  bridgeIntervalMs: count(1000, 3_600_000).default(5000).describe('How often metrics are sent, in ms.'),
  bridgePairCountMax: count(0, 100_000)
    .default(2000)
    .describe('Pairs of observer and subject among the metrics, those of failing subjects first.'),
  webhook: z
    .string()
    .default('')
    .refine((text) => text === '' || isWebhook(text), {
      error: 'must be an http:// or https:// URL without a user and a password; a secret goes into webhookSecretFile',
    })
    .describe('URL to which alerts are posted, in the format of Alertmanager’s webhooks. Empty: none.'),
  webhookSecretFile: path('File of the secret that signs those posts. Empty: they are not signed.'),
  traceUrl: z
    .string()
    .default('')
    .refine((text) => text === '' || isTraceUrl(text), {
      error: 'must be an http:// or https:// URL with {traceId} in it, such as https://tempo.example/trace/{traceId}',
    })
    .describe(
      'Where the page’s links to traces go, with `{traceId}` and, if need be, `{spanId}` in it. Empty: no links.',
    ),
  logLevel: z.enum(LOG_LEVELS).default('info').describe('How much the engine logs.'),
});

function isWebhook(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

function isTraceUrl(text: string): boolean {
  return /^https?:\/\//.test(text) && text.includes('{traceId}') && URL.canParse(text.replaceAll(/[{}]/g, ''));
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|0\.0\.0\.0|\[?::\]?)$/;

/** Whether an endpoint is one of the engine's own receivers: what it told itself would be taken, and reach nobody. */
function isOwn(endpoint: string, listeners: readonly ListenAddress[]): boolean {
  const [, host = '', port] = /^(.*):(\d+)/.exec(parseOtlpEndpoint(endpoint)?.base ?? '') ?? [];
  return listeners.some(
    (own) =>
      own.port > 0 &&
      own.port === Number(port) &&
      (own.host === host || (LOOPBACK.test(own.host) && LOOPBACK.test(host))),
  );
}

/** TLS takes a certificate and its key; what is said of clients' certificates without them would not be kept. */
const schema = fields.superRefine(({ tlsCert, tlsKey, tlsClientCa, ...options }, context) => {
  const fault = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  if (tlsCert !== '' && tlsKey === '') fault('tlsKey', 'must be given with tlsCert');
  if (tlsKey !== '' && tlsCert === '') fault('tlsCert', 'must be given with tlsKey');
  if (tlsClientCa !== '' && tlsCert === '') fault('tlsClientCa', 'needs tlsCert and tlsKey');
  const { bridge, bridgeEvents, webhook, webhookSecretFile, otlpGrpc, otlpHttp } = options;
  if (isOwn(bridge, [otlpGrpc, otlpHttp]))
    fault('bridge', 'is where this engine receives itself; give another endpoint');
  if (bridgeEvents && bridge === '') fault('bridgeEvents', 'needs bridge, which says where they go');
  if (webhookSecretFile !== '' && webhook === '') fault('webhookSecretFile', 'needs webhook, whose posts it signs');
});

/** Name, default and description of every option, for documentation and tests. */
export const OPTION_DOCS: readonly { readonly name: string; readonly description: string }[] = Object.entries(
  fields.shape,
).map(([name, field]) => ({ name, description: field.description ?? '' }));

/**
 * Validates what a user gave and fills in the defaults.
 *
 * @throws PanoramaError PANO_OPTIONS_INVALID naming every fault, not just the first
 */
export function parseEngineOptions(input: EngineOptionsInput = {}): EngineOptions {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const parsed = schema.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`);
  throw new PanoramaError(
    'PANO_OPTIONS_INVALID',
    `${faults.join('; ')}. Correct ${faults.length === 1 ? 'it' : 'them'} and start again.`,
  );
}
