// SPDX-License-Identifier: Apache-2.0
/** One request to an engine and its answer, over plain HTTP or TLS, bounded in time and size. */
import { type ClientRequest, type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { PanoramaError } from '../model/errors.js';
import type { Credentials } from './credentials.js';

/** A million subjects fit; what goes on for longer is no answer. */
const ANSWER_BYTES_MAX = 512 * 1024 * 1024;

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Question {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** After this the engine is as good as gone. */
  readonly timeoutMs: number;
}

/** The URL that somebody gave; `HOST:PORT` will do. Its last slashes are left out. */
export function urlIn(flag: string, text: string, example: string): string {
  const url = text.includes('://') ? text : `http://${text}`;
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '');
  throw new PanoramaError('PANO_USAGE', `${flag} ${text} is not a URL; give one such as ${example}`);
}

/** @throws the error of the connection */
export function exchange(url: URL, credentials: Credentials, question: Question): Promise<Answer> {
  const { method = 'GET', headers, body, timeoutMs } = question;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const request = requestTo(url, credentials, { method, signal, headers: { ...headers } });
    request.on('error', reject);
    request.on('response', (response: IncomingMessage) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        parts.push(part);
        if (bytes > ANSWER_BYTES_MAX)
          response.destroy(new Error(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
    });
    request.end(body);
  });
}

/** A request that shows the credentials; whoever made it ends it. */
export function requestTo(url: URL, { token, tls }: Credentials, options: RequestOptions): ClientRequest {
  const headers = { ...options.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  return url.protocol === 'https:'
    ? requestTls(url, { ...options, headers, ...tls })
    : requestPlain(url, { ...options, headers });
}

/** The JSON in a text; `undefined` where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Codes of Node's for a certificate that nobody vouches for. */
const UNTRUSTED = /^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_|ERR_TLS_CERT_)/;

/** Why nobody answers, and what to do. @param flag the option that names the address */
export function unreachable(baseUrl: string, flag: string, error: NodeJS.ErrnoException): PanoramaError {
  const advice = UNTRUSTED.test(error.code ?? '')
    ? `the certificate at ${baseUrl} is not trusted (${error.message}); name its authority with --ca FILE`
    : /ERR_SSL_|ECONNRESET|EPROTO/.test(error.code ?? '')
      ? `the engine at ${baseUrl} breaks off (${error.message}); it may want https:// or a certificate (--cert, --key)`
      : `no engine answers at ${baseUrl}; start one with \`panorama engine\`, or name another with ${flag} URL`;
  return new PanoramaError('PANO_ENGINE_UNREACHABLE', advice, error);
}
