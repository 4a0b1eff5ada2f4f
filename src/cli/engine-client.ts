// SPDX-License-Identifier: Apache-2.0
/** The engine's HTTP API, as the commands ask it. The command line knows nothing of an engine but this. */
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { EventJson, ReportJson, VerdictJson } from '../engine/api/shapes.js';
import type { Diagnosis } from '../engine/doctor/diagnosis.js';
import { ERROR_KINDS, type ErrorCode, PanoramaError } from '../model/errors.js';
import type { Credentials } from './credentials.js';

/** Where the engine's API answers unless told otherwise. */
export const DEFAULT_API_URL = 'http://127.0.0.1:16688';

/** A question is answered from memory, so an engine that takes this long is as good as gone. In ms. */
const ANSWER_TIMEOUT_MS = 10_000;

/** A million subjects fit; what goes on for longer is no answer. */
const ANSWER_BYTES_MAX = 512 * 1024 * 1024;

export interface EventPage {
  readonly events: readonly EventJson[];
  readonly next: number;
  readonly truncated: boolean;
}

export class EngineClient {
  readonly #baseUrl: string;
  readonly #credentials: Credentials;

  /** @param baseUrl such as `http://127.0.0.1:16688`; `HOST:PORT` will do */
  constructor(baseUrl: string, credentials: Credentials) {
    const url = /^https?:\/\//.test(baseUrl) ? baseUrl : `http://${baseUrl}`;
    if (!URL.canParse(url)) {
      throw new PanoramaError('PANO_USAGE', `--api ${baseUrl} is not a URL; give one such as ${DEFAULT_API_URL}`);
    }
    this.#baseUrl = url.replace(/\/+$/, '');
    this.#credentials = credentials;
  }

  async verdicts(query: Readonly<Record<string, string | undefined>>): Promise<readonly VerdictJson[]> {
    const { verdicts } = (await this.#get('/api/v1/verdicts', query)) as { verdicts: readonly VerdictJson[] };
    return verdicts;
  }

  async subject(identity: string, environment: string | undefined): Promise<ReportJson> {
    return (await this.#get(`/api/v1/subjects/${encodeURIComponent(identity)}`, { environment })) as ReportJson;
  }

  async events(after: number): Promise<EventPage> {
    return (await this.#get('/api/v1/events', { after: String(after), limit: '1000' })) as EventPage;
  }

  /** What is wrong with how the engine is set up, and with what it is fed. */
  async diagnosis(): Promise<Diagnosis> {
    return (await this.#get('/api/v1/doctor', {})) as Diagnosis;
  }

  async #get(path: string, query: Readonly<Record<string, string | undefined>>): Promise<unknown> {
    const url = new URL(this.#baseUrl + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const { status, body } = await this.#ask(url);
    const answer = jsonIn(body);
    if (status === 200 && answer !== undefined) return answer;
    const told = (answer as { error?: { code?: string; message?: string } } | undefined)?.error;
    if (told?.code !== undefined && Object.hasOwn(ERROR_KINDS, told.code)) {
      throw new PanoramaError(told.code as ErrorCode, String(told.message ?? told.code));
    }
    throw new PanoramaError(
      'PANO_ENGINE_UNREACHABLE',
      `what answers at ${this.#baseUrl} is not a Panorama engine (HTTP ${status} for ${path}); check --api`,
    );
  }

  #ask(url: URL): Promise<Answer> {
    const { token, tls } = this.#credentials;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(unreachable(this.#baseUrl, error));
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      const request =
        url.protocol === 'https:'
          ? requestTls(url, { headers, signal, ...tls })
          : requestPlain(url, { headers, signal });
      request.on('error', fail);
      request.on('response', (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          bytes += part.length;
          parts.push(part);
          if (bytes > ANSWER_BYTES_MAX)
            response.destroy(new Error(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`));
        });
        response.on('error', fail);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
      });
      request.end();
    });
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Codes of Node's for a certificate that nobody vouches for. */
const UNTRUSTED = /^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_|ERR_TLS_CERT_)/;

function unreachable(baseUrl: string, error: NodeJS.ErrnoException): PanoramaError {
  const advice = UNTRUSTED.test(error.code ?? '')
    ? `the certificate at ${baseUrl} is not trusted (${error.message}); name its authority with --ca FILE`
    : /ERR_SSL_|ECONNRESET|EPROTO/.test(error.code ?? '')
      ? `the engine at ${baseUrl} breaks off (${error.message}); it may want https:// or a certificate (--cert, --key)`
      : `no engine answers at ${baseUrl}; start one with \`panorama engine\`, or name another with --api URL`;
  return new PanoramaError('PANO_ENGINE_UNREACHABLE', advice, error);
}
