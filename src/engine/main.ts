// SPDX-License-Identifier: Apache-2.0
/**
 * Where the engine is put together: the only place that makes real clocks, sockets and logs, and the only one that
 * knows every room.
 */
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { type Clock, systemClock } from '../model/clock.js';
import { PanoramaError } from '../model/errors.js';
import { statusName } from '../model/status.js';
import type { Transition } from '../model/verdict.js';
import type { ObserveRules } from '../observe/rules.js';
import { rulesWith } from '../observe/rules.js';
import { type Access, openAccess } from './access/access.js';
import { createApiServer } from './api/api-server.js';
import { type ApiParts, createApi } from './api/routes.js';
import { boundedLog } from './bounded-log.js';
import type { Bridge } from './bridge/bridge.js';
import { openBridge } from './bridge-choice.js';
import { DecoderThreads } from './decoding/decoder-threads.js';
import { threadCountFor } from './decoding/thread-count.js';
import { Engine } from './engine.js';
import type { EngineReader } from './engine-reader.js';
import { ExportIntake } from './export-intake.js';
import { Admission, BYTES_IN_FLIGHT_MAX } from './ingest/admission.js';
import { startGrpcReceiver } from './ingest/grpc-receiver.js';
import { startHttpReceiver } from './ingest/http-receiver.js';
import { listen } from './ingest/listen.js';
import { CONNECTION_COUNT_MAX, type Receiver } from './ingest/receiver.js';
import type { FinishedRequest } from './ingest/request-listener.js';
import { chooseJournal } from './journal-choice.js';
import { connectionsPossible } from './open-files.js';
import { type EngineOptions, type EngineOptionsInput, parseEngineOptions } from './options.js';
import { RefusalLog } from './refusal-log.js';
import { selfKnowledgeOf } from './self-knowledge.js';
import { EngineTelemetry } from './telemetry/engine-telemetry.js';
import { DEFAULT_LIFETIME } from './verdict/evidence-lifetime.js';
import { judgeOf } from './verdict/presets.js';
import { viewLayoutOf } from './view-checkpoint.js';

/** Built beside this file's folder. */
const PAGE_FOLDER = fileURLToPath(new URL('../page', import.meta.url));

export interface StartEngineParts {
  /** Rules of your own, asked before the built-in ones. */
  readonly rules?: Partial<ObserveRules> | undefined;
  readonly clock?: Clock | undefined;
  /** Default: JSON lines on standard output. */
  readonly log?: Logger | undefined;
}

/** A running engine. Addresses are `host:port`, with the real port where 0 was asked for. */
export interface RunningEngine {
  readonly otlpGrpc: string;
  readonly otlpHttp: string;
  readonly api: string;
  /** `https` where the listeners have TLS, else `http`. */
  readonly scheme: string;
  readonly reader: EngineReader;
  /** Stops taking spans, finishes what is in flight, closes every socket. */
  close(): Promise<void>;
}

type Closer = () => Promise<void>;

/**
 * Starts an engine.
 *
 * @throws PanoramaError PANO_OPTIONS_INVALID, PANO_EXPOSED, PANO_ACCESS_FILE, PANO_ADDRESS_IN_USE, PANO_LISTEN_FAILED, or a `PANO_HISTORY_…` code where the
 *   history cannot be opened; nothing is left listening then
 */
export async function startEngine(
  input: EngineOptionsInput = {},
  parts: StartEngineParts = {},
): Promise<RunningEngine> {
  const options = parseEngineOptions(input);
  const log = parts.log ?? boundedLog(options.logLevel);
  const clock = parts.clock ?? systemClock;
  const judge = judgeOf(options);
  const access = await openAccess(options, { log, clock });
  const { journal, recovered } = await chooseJournal(options, {
    ...{ log, clock, layout: viewLayoutOf(judge) },
    viewWindowMs: DEFAULT_LIFETIME.lifetimeMaxMs,
  }).catch((error: unknown) => {
    access.close();
    throw error;
  });
  let bridge: Bridge | undefined;
  const engine = new Engine({
    ...{ journal, recovered, judge, clock },
    viewCountMax: options.viewCountMax,
    evidenceLifetimeMs: options.evidenceLifetimeMs,
    rules: rulesWith(parts.rules),
    onTransition: (transition) => {
      logTransition(log, transition);
      bridge?.note(transition);
    },
  });
  // Closed last: what a request in flight still changes is judged and written.
  const closers: Closer[] = [
    async () => bridge?.close(),
    () => journal.close(),
    async () => engine.stop(),
    async () => access.close(),
  ];
  try {
    let listening: { readonly otlpGrpc: string; readonly otlpHttp: string } | undefined;
    // Room for some bodies of the largest size; otherwise one alone could be turned away for ever.
    const admission = new Admission(Math.max(BYTES_IN_FLIGHT_MAX, 4 * options.bodyBytesMax));
    const threads = await startDecoders(options, admission, parts.rules !== undefined, clock, log);
    const intake = new ExportIntake(engine, threads);
    closers.push(() => intake.close());
    const telemetry = new EngineTelemetry({
      ...{
        clock,
        reader: engine,
        admission,
        decoders: threads,
        viewCountMax: options.viewCountMax,
        scheme: access.api.scheme,
      },
      signals: intake.counts,
      listening: () => listening,
    });
    closers.push(async () => telemetry.stop());
    telemetry.start();
    const self = selfKnowledgeOf(engine, telemetry, options.traceUrl);
    const api = await startApi(
      options.api,
      { reader: engine, self, clock, pageFolder: PAGE_FOLDER },
      access,
      log,
      closers,
    );
    const { scheme } = access.api;
    bridge = await openBridge(options, { reader: engine, clock, api: { scheme, ...api } }, log);
    const refusals = new RefusalLog(log, clock);
    const receiver = {
      ...{ sink: intake, admission, bodyBytesMax: options.bodyBytesMax },
      connectionCountMax: connectionsPossible(CONNECTION_COUNT_MAX),
      onRequest: (request: FinishedRequest) => telemetry.noteRequest(request),
      onError: (error: PanoramaError, peer: string) => {
        telemetry.noteRefusal(error, peer);
        refusals.note(error, peer);
      },
    };
    const receivers: Receiver[] = [];
    // Both at once: they have one grace, not one after the other.
    closers.push(async () => void (await Promise.all(receivers.map(({ close }) => close()))));
    const grpc = await startGrpcReceiver({ ...receiver, ...options.otlpGrpc, door: access.otlpGrpc });
    receivers.push(grpc);
    const http = await startHttpReceiver({ ...receiver, ...options.otlpHttp, door: access.otlpHttp });
    receivers.push(http);
    engine.start();
    listening = { otlpGrpc: hostPort(grpc), otlpHttp: hostPort(http) };
    const running = { ...listening, api: hostPort(api) };
    log.info(running, 'engine listening');
    const close = async () => {
      log.info('engine stopping');
      await closeAll(closers);
      log.info('engine stopped');
    };
    return { ...running, scheme: access.api.scheme, reader: engine, close };
  } catch (error) {
    await closeAll(closers);
    throw PanoramaError.from(error);
  }
}

/** Threads that decode beside the engine's own; `undefined` where there are none. */
async function startDecoders(
  { workers, bodyBytesMax }: EngineOptions,
  admission: Admission,
  hasOwnRules: boolean,
  clock: Clock,
  log: Logger,
): Promise<DecoderThreads | undefined> {
  const count = workers === 'auto' ? threadCountFor() : workers;
  if (count === 0) return undefined;
  const onLost = (why: string) => log.warn({ why }, 'a decoding thread was lost; another one takes its place');
  return await DecoderThreads.start({
    ...{ count, hasOwnRules, bodyBytesMax, clock, onLost },
    bytesInFlightMax: admission.bytesMax,
  });
}

async function startApi(
  { host, port }: { host: string; port: number },
  parts: Omit<ApiParts, 'door' | 'onFault'>,
  { api: door }: Access,
  log: Logger,
  closers: Closer[],
): Promise<{ host: string; port: number }> {
  const app = createApi({ ...parts, door, onFault: (error) => log.error({ err: error }, 'the API met a fault') });
  const server = createApiServer(app, door);
  const realPort = await listen(server, host, port, '--api');
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        door.cutOff();
      }),
  );
  return { host, port: realPort };
}

/** Last opened, first closed. Each is closed whatever happens to the others. */
async function closeAll(closers: readonly Closer[]): Promise<void> {
  for (const close of [...closers].reverse()) await close().catch(() => undefined);
}

function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function logTransition(log: Logger, { seq, from, verdict }: Transition): void {
  const { environment, subject, status, failure, split, observersAgainst } = verdict;
  log.info(
    {
      seq,
      environment,
      subject,
      from: statusName(from.status),
      to: statusName(status),
      failure,
      split,
      observersAgainst,
      culprit: verdict.blame?.root,
      formerCulprit: from.culprit,
    },
    'verdict changed',
  );
}
