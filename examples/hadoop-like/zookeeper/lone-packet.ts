// SPDX-License-Identifier: Apache-2.0
/** A packet on the wire from somebody who does not stay for the answer. */
import { RpcClient } from '../node/rpc.js';
import {
  type Answer,
  CLIENT_SERVICE,
  emptyRecord,
  type OperationName,
  serializeRequest,
  toPacket,
} from './protocol.js';

/** Long enough for a packet to arrive on the loopback interface. */
const STAY_MS = 100;
const SESSION_BOUND_MS = 2000;

/**
 * Sends one packet to a server and hangs up.
 *
 * @param address `host:port` of its port `clients`
 * @param bytesOf the packet, in a session that was made for it
 * @param onSend called just before it is sent: a session is made by the whole ensemble, which takes its time
 */
export async function sendPacket(
  address: string,
  operation: OperationName,
  bytesOf: (sessionId: string) => Buffer,
  onSend: () => void,
): Promise<void> {
  const server = new RpcClient(address, CLIENT_SERVICE);
  try {
    const hello = toPacket(serializeRequest(emptyRecord({ timeoutMs: SESSION_BOUND_MS })));
    const { sessionId = '' } = await server.call<Answer>('CreateSession', hello, SESSION_BOUND_MS);
    const packet = toPacket(bytesOf(sessionId));
    onSend();
    await server.call(operation, packet, STAY_MS).catch(() => {});
  } finally {
    server.close();
  }
}
