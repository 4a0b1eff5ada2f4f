// SPDX-License-Identifier: Apache-2.0
/**
 * The server in front of the API. Whoever may connect may also do so a thousand times, send a header a minute and read an
 * answer byte by byte; each of those has an end here.
 */
import type { Server } from 'node:http';
import type { Express } from 'express';
import { ConnectionRoom } from '../access/connection-room.js';
import type { Door } from '../access/door.js';
import { withFewUnanswered } from '../access/unanswered-requests.js';

/** Headers come within this, or the connection ends. In ms. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** How late the two above may be, in ms. */
const TIMEOUT_CHECK_MS = 1000;

/** A connection on which nothing moves in either direction is cut, in ms. Answers are sent as fast as they are read. */
const IDLE_TIMEOUT_MS = 60_000;

/** All headers together, in bytes: a token has 1 KiB at most, and proxies add some of their own. */
const HEADER_BYTES_MAX = 16 * 1024;

/** People, dashboards and scrapers have some dozen; each may hold an answer that is being sent. */
const CONNECTION_COUNT_MAX = 1000;

/** Requests of a connection that wait for their answers. Some answers take milliseconds to make. */
const UNANSWERED_COUNT_MAX = 2;

export function createApiServer(app: Express, door: Door): Server {
  const server = door.httpServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    maxHeaderSize: HEADER_BYTES_MAX,
  });
  server.timeout = IDLE_TIMEOUT_MS;
  const room = new ConnectionRoom(server, CONNECTION_COUNT_MAX);
  server.on('request', room.holding(withFewUnanswered(UNANSWERED_COUNT_MAX, app)));
  return server;
}
