// SPDX-License-Identifier: Apache-2.0
/** The engine's HTTP API, as the commands ask it. The command line knows nothing of an engine but this. */
import type { EventJson, ReportJson, VerdictJson } from '../engine/api/shapes.js';
import { ERROR_KINDS, type ErrorCode, PanoramaError } from '../model/errors.js';

/** Where the engine's API answers unless told otherwise. */
export const DEFAULT_API_URL = 'http://127.0.0.1:16688';

/** A question is answered from memory, so an engine that takes this long is as good as gone. In ms. */
const ANSWER_TIMEOUT_MS = 10_000;

export interface EventPage {
  readonly events: readonly EventJson[];
  readonly next: number;
  readonly truncated: boolean;
}

export class EngineClient {
  readonly #baseUrl: string;

  /** @param baseUrl such as `http://127.0.0.1:16688`; `HOST:PORT` will do */
  constructor(baseUrl: string) {
    const url = /^https?:\/\//.test(baseUrl) ? baseUrl : `http://${baseUrl}`;
    if (!URL.canParse(url)) {
      throw new PanoramaError('PANO_USAGE', `--api ${baseUrl} is not a URL; give one such as ${DEFAULT_API_URL}`);
    }
    this.#baseUrl = url.replace(/\/+$/, '');
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

  async #get(path: string, query: Readonly<Record<string, string | undefined>>): Promise<unknown> {
    const url = new URL(this.#baseUrl + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    let response: Response;
    try {
      response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    } catch (error) {
      throw new PanoramaError(
        'PANO_ENGINE_UNREACHABLE',
        `no engine answers at ${this.#baseUrl}; start one with \`panorama engine\`, or name another with --api URL`,
        error,
      );
    }
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok && body !== undefined) return body;
    const told = (body as { error?: { code?: string; message?: string } } | undefined)?.error;
    if (told?.code !== undefined && told.code in ERROR_KINDS) {
      throw new PanoramaError(told.code as ErrorCode, told.message ?? told.code);
    }
    throw new PanoramaError(
      'PANO_ENGINE_UNREACHABLE',
      `what answers at ${this.#baseUrl} is not a Panorama engine (HTTP ${response.status} for ${path}); check --api`,
    );
  }
}
