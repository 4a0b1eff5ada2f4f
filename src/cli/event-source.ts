// SPDX-License-Identifier: Apache-2.0
/**
 * The engine's stream of changes, over as many connections as it takes: each change once and in order. It goes on where the last
 * connection broke, also with an engine that was started anew.
 *
 * Source: HTML Living Standard, "Server-sent events".
 */
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { EventJson } from '../engine/api/shapes.js';
import { ERROR_KINDS, type ErrorCode, PanoramaError } from '../model/errors.js';
import type { Credentials } from './credentials.js';
import { jsonIn, requestTo, unreachable } from './exchange.js';

/** How soon a connection is tried again, in ms: a restart takes a few of these. */
const RETRY_MS = 1000;

/** The engine says something every 15 s at the least. Who is silent for twice as long and a bit is gone. In ms. */
const SILENCE_MAX_MS = 35_000;

/** A change has some kilobytes, thousands of observers some hundred. What is longer is no engine's. */
const LINE_LENGTH_MAX = 64 * 1024 * 1024;

export type StreamNews =
  | { readonly kind: 'change'; readonly event: EventJson }
  /** Changes were forgotten before they could be told: what is known must be asked for anew. */
  | { readonly kind: 'gap' }
  /** The engine does not answer; and it answers again. */
  | { readonly kind: 'lost' | 'found' };

/** @param after the number of the last change that is known; whatever comes from now on where it is left out */
export async function* eventsOf(
  baseUrl: string,
  credentials: Credentials,
  after: number | undefined,
  stop: AbortSignal,
): AsyncGenerator<StreamNews> {
  let last = after;
  let isLost = false;
  while (!stop.aborted) {
    try {
      const response = await connected(baseUrl, credentials, last, stop);
      if (isLost) yield { kind: 'found' };
      isLost = false;
      for await (const { type, id, data } of messagesIn(response)) {
        if (type === 'hello') last ??= (data as { after?: number }).after;
        else if (type === 'gap') yield { kind: 'gap' };
        else if (type === 'transition') {
          last = Number(id);
          yield { kind: 'change', event: data as EventJson };
        }
      }
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof PanoramaError && error.code !== 'PANO_ENGINE_UNREACHABLE') throw error;
    }
    if (stop.aborted) return;
    if (!isLost) yield { kind: 'lost' };
    isLost = true;
    await pause(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

function connected(
  baseUrl: string,
  credentials: Credentials,
  after: number | undefined,
  stop: AbortSignal,
): Promise<IncomingMessage> {
  const headers = { accept: 'text/event-stream', ...(after !== undefined && { 'last-event-id': String(after) }) };
  return new Promise((resolve, reject) => {
    const url = new URL(`${baseUrl}/api/v1/events`);
    const request = requestTo(url, credentials, { headers, signal: stop, timeout: SILENCE_MAX_MS });
    request.on('timeout', () => request.destroy(new Error('the engine has been silent for too long')));
    request.on('error', (error) => reject(unreachable(baseUrl, '--api', error)));
    request.on('response', (response: IncomingMessage) => {
      const isStream = /^text\/event-stream/.test(response.headers['content-type'] ?? '');
      if (response.statusCode === 200 && isStream) resolve(response);
      else refusalIn(response, baseUrl).then(reject, reject);
    });
    request.end();
  });
}

/** What an engine says that streams nothing to us. */
async function refusalIn(response: IncomingMessage, baseUrl: string): Promise<PanoramaError> {
  let body = '';
  for await (const part of response.setEncoding('utf8')) body = (body + part).slice(0, LINE_LENGTH_MAX);
  const told = (jsonIn(body) as { error?: { code?: string; message?: string } } | undefined)?.error;
  if (told?.code !== undefined && Object.hasOwn(ERROR_KINDS, told.code)) {
    return new PanoramaError(told.code as ErrorCode, String(told.message ?? told.code));
  }
  const advice = `what answers at ${baseUrl} streams no changes (HTTP ${response.statusCode}); check --api`;
  return new PanoramaError('PANO_ENGINE_UNREACHABLE', advice);
}

interface Message {
  readonly type: string;
  readonly id: string;
  readonly data: unknown;
}

async function* messagesIn(response: IncomingMessage): AsyncGenerator<Message> {
  let [type, id, data] = ['message', '', ''];
  for await (const line of linesIn(response)) {
    if (line === '') {
      if (data !== '') yield { type, id, data: jsonIn(data) };
      [type, id, data] = ['message', '', ''];
      continue;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') type = value;
    else if (field === 'id') id = value;
    else if (field === 'data') data += data === '' ? value : `\n${value}`;
  }
}

async function* linesIn(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const part of response.setEncoding('utf8')) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LINE_LENGTH_MAX) throw new Error('the engine streams a line without an end');
    yield* lines;
  }
}
