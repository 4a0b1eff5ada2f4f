// SPDX-License-Identifier: Apache-2.0
/**
 * A bound on the requests of one connection that wait for their answers. Hardly anybody sends the next before the last is
 * answered; but who sends thousands at once and reads nothing would have the engine work on all of them, for seconds, and
 * on nothing else. Such a connection is cut off.
 */
import type { IncomingMessage, RequestListener } from 'node:http';

/** @param countMax requests of a connection that may wait; the next one ends it */
export function withFewUnanswered(countMax: number, serve: RequestListener): RequestListener {
  const unanswered = new WeakMap<IncomingMessage['socket'], number>();
  return (request, response) => {
    const { socket } = request;
    // What was read together with the request too many is still handed over.
    if (socket.destroyed) return;
    const count = (unanswered.get(socket) ?? 0) + 1;
    if (count > countMax) return void socket.destroy();
    unanswered.set(socket, count);
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1));
    serve(request, response);
  };
}
