// SPDX-License-Identifier: Apache-2.0
/** What a system of the cluster is made of, as far as starting, breaking and watching it goes. Data only. */

export interface NodeSpec {
  /** Its `service.instance.id`: `zk1`. */
  readonly name: string;
  /** Its `service.name`: `zookeeper`. */
  readonly service: string;
  /** What it runs, relative to this example's folder: `zookeeper/server.js`. */
  readonly script: string;
  /** A client only calls. It is started last, and nobody expects it to be known as a subject. */
  readonly isClient?: boolean;
  /** Its settings, beside those that each node has: `NODE_NAME`, `NODE_DIRECTORY`, `NODE_PORTS`. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A way from one node to another's port that can be cut, as a switch can fail: it leads through a proxy. */
export interface LinkSpec {
  readonly from: string;
  readonly to: string;
  /** The port's name. */
  readonly port: string;
}

export interface System {
  readonly name: string;
  readonly nodes: readonly NodeSpec[];
  /** Nodes with a failure detector of the original's kind, which `GET /detector` on their admin port asks. */
  readonly detectors: readonly string[];
  readonly links?: readonly LinkSpec[];
}

/** The identity by which callers know a node. */
export function subjectOf({ service, name }: NodeSpec): string {
  return `${service}/${name}`;
}
