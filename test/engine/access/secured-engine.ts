// SPDX-License-Identifier: Apache-2.0
/** A running engine with certificates and tokens in a folder of its own, and clients that show what a test gives them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterEach } from 'vitest';
import { type RunningEngine, startEngine } from '../../../src/engine/main.js';
import type { EngineOptionsInput } from '../../../src/engine/options.js';
import type { Certificate } from '../../support/certificates.js';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly code?: string;
}

export class SecuredEngine {
  readonly folder: string;
  readonly lines: LogLine[] = [];
  #engine: RunningEngine | undefined;

  constructor() {
    this.folder = mkdtempSync(path.join(tmpdir(), 'panorama-'));
    open.push(this);
  }

  get running(): RunningEngine {
    if (!this.#engine) throw new Error('the engine was not started');
    return this.#engine;
  }

  /** Writes a file, and returns its path. */
  file(name: string, content: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, content);
    return file;
  }

  /** Writes a certificate and its key, and returns the options that name them. */
  certificate({ cert, key }: Certificate): { readonly tlsCert: string; readonly tlsKey: string } {
    return { tlsCert: this.file('tls.crt', cert), tlsKey: this.file('tls.key', key) };
  }

  async start(options: EngineOptionsInput): Promise<this> {
    const log = pino({ level: 'info' }, { write: (line: string) => this.lines.push(JSON.parse(line) as LogLine) });
    const anywhere = '127.0.0.1:0';
    this.#engine = await startEngine({ otlpGrpc: anywhere, otlpHttp: anywhere, api: anywhere, ...options }, { log });
    return this;
  }

  said(message: RegExp): LogLine | undefined {
    return this.lines.find(({ msg }) => message.test(msg));
  }

  async close(): Promise<void> {
    await this.#engine?.close();
    rmSync(this.folder, { recursive: true });
  }
}

const open: SecuredEngine[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((engine) => engine.close()));
});

export interface Shown {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Speaks TLS where given. */
  readonly tls?: ConnectionOptions;
  readonly method?: string;
  readonly body?: Uint8Array | string;
}

export interface Told {
  /** The HTTP status, or the error's code where there was no answer. */
  readonly status: number | string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request on a connection of its own. Never rejects: an error is an answer. */
export function ask(address: string, route: string, shown: Shown = {}): Promise<Told> {
  const { token, tls, headers, method = 'GET', body } = shown;
  const [host, port] = address.split(':');
  const options = {
    ...{ host, port, path: route, method, agent: false as const },
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
  };
  return new Promise((resolve) => {
    const request = tls === undefined ? httpRequest(options) : httpsRequest({ ...options, ...tls });
    const failed = (error: NodeJS.ErrnoException) =>
      resolve({ status: error.code ?? error.message, headers: {}, text: error.message });
    request.on('error', failed);
    request.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('error', failed);
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(parts).toString() }),
      );
    });
    request.end(body);
  });
}

/** `POST /v1/traces` with no spans in it. */
export function post(engine: SecuredEngine, shown: Shown = {}): Promise<Told> {
  return ask(engine.running.otlpHttp, '/v1/traces', {
    method: 'POST',
    body: '{}',
    ...shown,
    headers: { 'content-type': 'application/json', ...shown.headers },
  });
}

/** An export with no spans in it; the gRPC status, and what was said. */
export function call(
  engine: SecuredEngine,
  shown: Shown = {},
): Promise<{ readonly code: number; readonly details: string }> {
  const { ca, cert, key } = shown.tls ?? {};
  const bytes = (pem: unknown) => (pem === undefined ? null : Buffer.from(pem as string));
  const channel =
    shown.tls === undefined ? credentials.createInsecure() : credentials.createSsl(bytes(ca), bytes(key), bytes(cert));
  const client = new Client(engine.running.otlpGrpc, channel, {
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
  const metadata = new Metadata();
  if (shown.token !== undefined) metadata.set('authorization', `Bearer ${shown.token}`);
  const same = (body: Buffer): Buffer => body;
  const method = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  return new Promise((resolve) => {
    const deadline = { deadline: Date.now() + 10_000 };
    client.makeUnaryRequest(method, same, same, Buffer.alloc(0), metadata, deadline, (error: ServiceError | null) => {
      client.close();
      resolve({ code: error?.code ?? 0, details: error?.details ?? '' });
    });
  });
}
