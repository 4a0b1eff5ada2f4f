// SPDX-License-Identifier: Apache-2.0
/**
 * One keep-alive connection of a load generator: a request after the other, each answered before the next. Written on a
 * bare socket, for an HTTP client would take as long as the service that is measured.
 */
import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';

export class Connection {
  readonly #socket: Socket;
  #received = '';
  #done: ((status: number) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    // Every character is a byte, so that lengths are as the service counts them.
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#take(text));
    socket.on('error', () => this.#end(0));
    socket.on('close', () => this.#end(0));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Connection(socket)));
      socket.once('error', reject);
    });
  }

  /** Whether it can be used: a server closes connections on which nothing has been asked for a minute. */
  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Sends a request; `done` is called with the status of its response, 0 where there is none. */
  send(request: string, done: (status: number) => void): void {
    this.#done = done;
    if (!this.isOpen) {
      this.#end(0);
      return;
    }
    this.#socket.write(request, 'latin1');
  }

  #take(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < headEnd + HEAD_END.length + length) return;
    this.#received = '';
    this.#end(Number(head.slice(9, 12)));
  }

  #end(status: number): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(status);
  }
}
