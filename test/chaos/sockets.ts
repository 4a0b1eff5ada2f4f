// SPDX-License-Identifier: Apache-2.0
/** Bare TCP connections, many at once, for saying what no client would. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Line {
  readonly socket: Socket;
  /** What has come so far. */
  heard(): string;
  /** Resolves with all that came, once the other end has closed the connection or reset it. */
  readonly closed: Promise<string>;
}

/** Bytes kept of what comes: an answer's head. */
const HEARD_BYTES_MAX = 64 * 1024;

/** Connections that are being made at once; the backlog of a listening socket is 511. */
const OPENING_COUNT_MAX = 200;

/** @param address `host:port` */
export async function openLine(address: string, allowHalfOpen = false): Promise<Line> {
  const [host = '', port] = address.split(':');
  const socket = connect({ host, port: Number(port), allowHalfOpen });
  const parts: Buffer[] = [];
  let bytes = 0;
  socket.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes <= HEARD_BYTES_MAX) parts.push(part);
  });
  socket.on('error', () => {});
  const heard = (): string => Buffer.concat(parts).toString('latin1');
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(heard())));
  await Promise.race([once(socket, 'connect'), closed]);
  return { socket, heard, closed };
}

export async function openLines(address: string, count: number): Promise<Line[]> {
  const lines: Line[] = [];
  while (lines.length < count) {
    const more = Math.min(OPENING_COUNT_MAX, count - lines.length);
    lines.push(...(await Promise.all(Array.from({ length: more }, () => openLine(address)))));
  }
  return lines;
}

export function hangUp(lines: readonly Line[]): void {
  for (const { socket } of lines) socket.destroy();
}

/** Writes, and waits where the other end does not read. `false` once the connection is gone. */
export async function pour({ socket, closed }: Line, bytes: Uint8Array): Promise<boolean> {
  if (socket.destroyed || socket.writableEnded) return false;
  if (!socket.write(bytes)) await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
  return !socket.destroyed;
}

/** Does something again and again until the promise is settled or a second has gone by since the last time. */
export function drip(everyMs: number, task: () => void): { stop(): void } {
  const timer = setInterval(task, everyMs);
  return { stop: () => clearInterval(timer) };
}
