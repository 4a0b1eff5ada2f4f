// SPDX-License-Identifier: Apache-2.0
/**
 * Two visitors call a shop, the shop calls its stock, each a process of its own: so there is a victim beside whoever is at fault. The
 * visitors go on calling until all is closed.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Child, startChild } from '../support/child.js';
import { ROOT } from '../support/imports.js';

const RELAY = path.join(ROOT, 'test/e2e/fixtures/relay.mjs');

/** How many calls a visitor makes, and how often, in ms: a shop with some visitors, and no load test. */
const CALL_COUNT = 20;
const ROUND_MS = 500;

export interface ShopChain {
  /** From now on the stock fails at whatever it is asked. */
  breakStock(): Promise<void>;
  /** It is well again. */
  mendStock(): Promise<void>;
  close(): Promise<void>;
}

/** @param otlpGrpc `host:port` to which every service exports */
export async function startShopChain(otlpGrpc: string): Promise<ShopChain> {
  const folder = await mkdtemp(path.join(tmpdir(), 'panorama-shop-'));
  const file = path.join(folder, 'answer');
  const children: Child[] = [];
  const visits: NodeJS.Timeout[] = [];
  const close = async () => {
    for (const each of visits) clearInterval(each);
    for (const { process } of children) process.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (service: string, instance: string, behind: string) => {
    const child = startChild(RELAY, [`http://${otlpGrpc}`, behind], {
      OTEL_SERVICE_NAME: service,
      OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${instance}`,
      ...{ OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' },
    });
    children.push(child);
    return { child, ...((await child.next()) as { url: string }) };
  };
  const mendStock = () => writeFile(file, 'well');
  try {
    await mendStock();
    const stock = await start('stock', 'stock-1', file);
    const shop = await start('shop', 'shop-1', stock.url);
    for (const instance of ['visitor-1', 'visitor-2']) {
      const { child } = await start('visitor', instance, shop.url);
      visits.push(setInterval(() => child.process.send(String(CALL_COUNT)), ROUND_MS));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { breakStock: () => rm(file), mendStock, close };
}

/**
 * What a till of another make tells: it knows the shop by its service's name alone, and finds it well. So there is a subject that is
 * a service, beside its instance.
 *
 * @param otlpHttp `host:port`
 */
export async function tellOfShop(otlpHttp: string): Promise<void> {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const atMs = Date.now();
  const spans = Array.from({ length: 8 }, (_, index) => ({
    ...{ traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), name: 'GET', kind: 3 },
    startTimeUnixNano: `${atMs - 10 - index}000000`,
    endTimeUnixNano: `${atMs - index}000000`,
    attributes: [
      text('peer.service', 'shop'),
      text('http.request.method', 'GET'),
      text('url.path', '/hours'),
      { key: 'http.response.status_code', value: { intValue: 200 } },
    ],
  }));
  const resource = { attributes: [text('service.name', 'till'), text('service.instance.id', 'till-1')] };
  const response = await fetch(`http://${otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
  });
  if (!response.ok) throw new Error(`the Collector answered ${response.status}`);
}
