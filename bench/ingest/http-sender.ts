// SPDX-License-Identifier: Apache-2.0
/** OTLP over HTTP/1.1, with a connection for each node that is kept alive. */
import { Agent, request } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { LoadMessage } from './load-message.js';
import { PREFIX_BYTES } from './request-template.js';
import type { Answer, Sender } from './sender.js';

/** What senders are told that are to come again. */
const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;

export function startHttpSender({ receiver, shape, gzip: isGzipped }: LoadMessage): Sender {
  const agents = Array.from({ length: shape.nodeCount + 1 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const [host = '', port = ''] = receiver.split(/:(?=\d+$)/);
  const headers = {
    'Content-Type': 'application/x-protobuf',
    'User-Agent': 'OTel-Collector/load',
    ...(isGzipped && { 'Content-Encoding': 'gzip' }),
  };
  return {
    async send(node, frame) {
      const message = frame.subarray(PREFIX_BYTES);
      const body = isGzipped ? await promisify(gzip)(message, { level: constants.Z_BEST_SPEED }) : message;
      return await post({ agent: agents[node], host, port, path: '/v1/traces', method: 'POST' }, headers, body);
    },
    close: () => {
      for (const agent of agents) agent.destroy();
    },
  };
}

function post(target: object, headers: Readonly<Record<string, string>>, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ ...target, headers: { ...headers, 'Content-Length': body.length } }, (response) => {
      response.resume();
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode = 0 } = response;
        if (statusCode === 200) resolve('taken');
        else if (statusCode === TOO_MANY_REQUESTS || statusCode === UNAVAILABLE) resolve('refused');
        else reject(new Error(`the receiver answered ${statusCode}`));
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
