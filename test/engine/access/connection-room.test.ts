// SPDX-License-Identifier: Apache-2.0
/** Over TLS a request comes on another socket than the connection: its place is kept all the same. */
import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConnectionRoom } from '../../../src/engine/access/connection-room.js';
import { authority } from '../../support/certificates.js';
import { until } from '../../support/until.js';

const trusted = authority('tests');

let server: Server;
let room: ConnectionRoom;
let agent: Agent;

beforeEach(async () => {
  server = createServer(trusted.issue('engine'));
  room = new ConnectionRoom(server, 2);
  server.on(
    'request',
    room.holding((_, response) => void response.end('well')),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  agent = new Agent({ keepAlive: true, maxSockets: 1, ca: trusted.cert });
});

afterEach(async () => {
  agent.destroy();
  server.closeAllConnections();
  server.close();
});

const port = (): number => (server.address() as AddressInfo).port;

/** Asks on the one connection that is kept; resolves with its own port. */
function ask(): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: port(), agent }, (response) => {
      const { localPort } = response.socket;
      response.resume().on('end', () => resolve(localPort));
    });
    sent.on('error', reject).end();
  });
}

it('who has asked over TLS keeps his place while strangers come and shake no hands', async () => {
  const own = await ask();
  for (let count = 0; count < 5; count++) {
    const stranger = connect(port(), '127.0.0.1').on('error', () => {});
    await once(stranger, 'connect');
    await until('the stranger to have a place', () => (room.count === 2 ? true : undefined));
  }
  expect(await ask()).toBe(own);
});

it('places are free again when their connections are gone', async () => {
  await ask();
  expect(room.count).toBe(1);
  agent.destroy();
  await until('the place to be free', () => (room.count === 0 ? true : undefined));
});
