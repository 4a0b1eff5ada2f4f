// SPDX-License-Identifier: Apache-2.0
/** The engine's HTTP API, as the page asks it. What has not changed is not sent again. */

/** Where the token is kept: as long as the tab. */
const TOKEN_KEY = 'panorama-token';

/** Answers held against what the engine has now; of more the oldest is forgotten. */
const KEPT_COUNT_MAX = 50;

const TIMEOUT_MS = 10_000;

/** What the engine said instead of an answer; `PANO_ENGINE_UNREACHABLE` where it said nothing. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
  }
}

interface Kept {
  readonly url: string;
  readonly tag: string;
  readonly body: unknown;
}

export type Query = Readonly<Record<string, string | number | undefined>>;

export class Api {
  readonly #base: string;
  readonly #kept = new Map<string, Kept>();

  /** @param base the address of the page, beside which the API is */
  constructor(base: string) {
    this.#base = base;
  }

  get token(): string {
    return sessionStorage.getItem(TOKEN_KEY) ?? '';
  }

  set token(token: string) {
    sessionStorage.setItem(TOKEN_KEY, token);
  }

  url(path: string, query: Query = {}): string {
    const url = new URL(`api/v1/${path}`, this.#base);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url.href;
  }

  headers(): Record<string, string> {
    return this.token === '' ? {} : { Authorization: `Bearer ${this.token}` };
  }

  /** A sign of life, for which nobody needs a token; fails where there is none. */
  async isThere(signal: AbortSignal): Promise<void> {
    const response = await fetch(new URL('healthz', this.#base), { cache: 'no-store', signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
  }

  /** @throws ApiError */
  async get<T>(path: string, query: Query = {}): Promise<T> {
    const url = this.url(path, query);
    // The history is asked from another moment on whenever something has happened: of its answers the last is enough.
    const place = path.startsWith('history') ? path : url;
    const last = this.#kept.get(place);
    const kept = last?.url === url ? last : undefined;
    const response = await this.#fetch(url, kept && { 'If-None-Match': kept.tag });
    if (response.status === 304 && kept) return kept.body as T;
    const body = await bodyOf(response);
    if (!response.ok) throw errorIn(body, response.status);
    const tag = response.headers.get('etag');
    if (tag !== null) this.#keep(place, { url, tag, body });
    return body as T;
  }

  async #fetch(url: string, headers: Record<string, string> = {}): Promise<Response> {
    try {
      return await fetch(url, {
        headers: { ...this.headers(), ...headers },
        cache: 'no-store',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      throw new ApiError('PANO_ENGINE_UNREACHABLE', `the engine does not answer (${(error as Error).message})`);
    }
  }

  #keep(place: string, kept: Kept): void {
    this.#kept.delete(place);
    this.#kept.set(place, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_COUNT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new ApiError('PANO_ENGINE_UNREACHABLE', `what answers is not a Panorama engine (HTTP ${response.status})`);
  }
}

export function errorIn(body: unknown, status: number): ApiError {
  const { code, message } = (body as { error?: { code?: string; message?: string } } | null)?.error ?? {};
  return new ApiError(code ?? 'PANO_ENGINE_UNREACHABLE', message ?? `HTTP ${status}`);
}
