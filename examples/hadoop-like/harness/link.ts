// SPDX-License-Identifier: Apache-2.0
/**
 * A way between two nodes that can be cut: a TCP proxy which, while it is cut, passes nothing on in either direction and
 * closes nothing, as a network that drops packets. Whoever waits, waits; whoever connects, connects to silence.
 */
import net from 'node:net';

export class Link {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #isCut = false;

  private constructor(server: net.Server) {
    this.#server = server;
  }

  /** Opens a way to `host:port`. */
  static async open(address: string): Promise<Link> {
    const [host, port] = address.split(':');
    const server = net.createServer();
    const link = new Link(server);
    server.on('connection', (near) => {
      const far = net.connect(Number(port), host);
      link.#join(near, far);
      link.#join(far, near);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return link;
  }

  /** `host:port` of the near end. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  /** From now on nothing comes through. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** What was on its way comes through, and all that follows. */
  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(from: net.Socket, to: net.Socket): void {
    this.#sockets.add(from);
    from.on('data', (bytes) => {
      if (!to.write(bytes)) from.pause();
    });
    to.on('drain', () => {
      if (!this.#isCut) from.resume();
    });
    if (this.#isCut) from.pause();
    // Ends and errors come through as they are, but not through a cut: that is dropped with the rest.
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!this.#isCut) to.destroy();
    });
  }
}
