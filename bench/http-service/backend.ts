// SPDX-License-Identifier: Apache-2.0
/**
 * What the service under load calls: answers at once how much of each article there is. Asked with our entries it says who
 * answered, as an instance with Panorama does; so the service under load has an answer to take in.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Baggage } from 'panorama-otel/baggage';
import { serveParent } from '../child.js';

const answer = Buffer.from(new Baggage().answer().serialize({ subject: 'stock/1' })).toString('base64url');

const server = createServer((request, response) => {
  const names = new URL(request.url ?? '/', 'http://stock').searchParams.getAll('article');
  const body = JSON.stringify({ stock: names.map((article, index) => ({ article, left: 10 * index + 7 })) });
  if (request.headers['baggage']?.toString().includes('panorama.')) response.setHeader('panorama-baggage', answer);
  response.setHeader('content-type', 'application/json');
  response.end(body);
});
// Connections wait for their service's turn.
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => serveParent((server.address() as AddressInfo).port, () => undefined));
