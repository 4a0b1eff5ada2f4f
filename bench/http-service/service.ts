// SPDX-License-Identifier: Apache-2.0
/**
 * The service under load, an ordinary one: express parses an order, asks another service what is in stock, and answers
 * what can be delivered. It knows nothing of telemetry; `service-sdk.ts` sees to that.
 */
import { Agent, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { serveParent } from '../child.js';

interface Order {
  readonly customer: string;
  readonly lines: readonly { readonly article: string; readonly count: number; readonly cents: number }[];
}

interface Stock {
  readonly stock: readonly { readonly article: string; readonly left: number }[];
}

const [, backendPort] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

const app = express();
app.use(express.json());
app.post('/orders/:id', async (request, response) => {
  const order = request.body as Order;
  const { stock } = await stockOf(order.lines.map(({ article }) => article));
  const left = new Map(stock.map((each) => [each.article, each.left]));
  const lines = order.lines.map((line) => ({ ...line, delivered: Math.min(line.count, left.get(line.article) ?? 0) }));
  const cents = lines.reduce((sum, line) => sum + line.delivered * line.cents, 0);
  response.json({ id: request.params.id, customer: order.customer, lines, cents });
});

const server = app.listen(0, '127.0.0.1', () => {
  serveParent((server.address() as AddressInfo).port, (what: 'cpu' | 'heap') => {
    if (what === 'heap') {
      globalThis.gc?.();
      return process.memoryUsage().heapUsed / 1e6;
    }
    const { user, system } = process.cpuUsage();
    return user + system;
  });
});
// Connections wait for their turn.
server.keepAliveTimeout = 0;

function stockOf(articles: readonly string[]): Promise<Stock> {
  const path = `/stock?${articles.map((article) => `article=${encodeURIComponent(article)}`).join('&')}`;
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port: backendPort, path, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(JSON.parse(text) as Stock));
    }).on('error', reject);
  });
}
