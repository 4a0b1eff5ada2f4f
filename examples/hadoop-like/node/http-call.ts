// SPDX-License-Identifier: Apache-2.0
/**
 * How a node calls another: `node:http` with a deadline, over connections that are kept, as ordinary code does. A call fails when
 * the answer is not 2xx or does not come in time. It says nothing to any health machinery; that its caller is being watched is not
 * its business. (`fetch` would do the same for twice the processor time; the Cassandra-like ring's driver uses that.)
 */
import http from 'node:http';

export interface CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  /** The whole call, answer's body included. */
  readonly timeoutMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: Uint8Array<ArrayBuffer> | object;
}

/** As many connections as there are calls at a time: one that hangs holds up no other. */
const agent = new http.Agent({ keepAlive: true });

/**
 * Makes one call.
 *
 * @returns the bytes of the answer
 * @throws Error when the call times out, cannot connect, or is answered with anything but 2xx
 */
export async function call(options: CallOptions): Promise<Buffer> {
  const { status, bytes } = await exchange(options);
  if (status >= 200 && status < 300) return bytes;
  throw new Error(`${options.method} ${options.url} was answered ${status}: ${bytes.toString('utf8', 0, 200)}`);
}

/** Makes one call and reads the answer as JSON. The shape is the caller's claim: both ends are in this folder. */
export async function callJson<Answer>(options: CallOptions): Promise<Answer> {
  return JSON.parse((await call(options)).toString('utf8')) as Answer;
}

function exchange(options: CallOptions): Promise<{ readonly status: number; readonly bytes: Buffer }> {
  const { method, url, timeoutMs, headers, body } = options;
  const isBytes = body instanceof Uint8Array;
  const sent = body === undefined ? undefined : isBytes ? body : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const request = http.request(url, {
      method,
      agent,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        ...(sent && {
          'content-type': isBytes ? 'application/octet-stream' : 'application/json',
          'content-length': sent.length,
        }),
        ...headers,
      },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks) }));
    });
    request.end(sent);
  });
}
