// SPDX-License-Identifier: Apache-2.0
/**
 * How a node calls another: `fetch` with a deadline, as ordinary code does. A call fails when the answer is not 2xx or
 * does not come in time. It says nothing to any health machinery; that its caller is being watched is not its business.
 */

export interface CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  /** The whole call, answer's body included. */
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: Uint8Array<ArrayBuffer> | object;
}

/**
 * Makes one call.
 *
 * @returns the bytes of the answer
 * @throws Error when the call times out, cannot connect, or is answered with anything but 2xx
 */
export async function call(options: CallOptions): Promise<Buffer> {
  const { body } = options;
  const response = await fetch(options.url, {
    method: options.method,
    signal: AbortSignal.timeout(options.timeoutMs),
    headers: {
      'content-type': body instanceof Uint8Array ? 'application/octet-stream' : 'application/json',
      ...options.headers,
    },
    ...(body !== undefined && { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) {
    throw new Error(
      `${options.method} ${options.url} was answered ${response.status}: ${bytes.toString('utf8', 0, 200)}`,
    );
  }
  return bytes;
}

/** Makes one call and reads the answer as JSON. The shape is the caller's claim: both ends are in this folder. */
export async function callJson<Answer>(options: CallOptions): Promise<Answer> {
  return JSON.parse((await call(options)).toString('utf8')) as Answer;
}
