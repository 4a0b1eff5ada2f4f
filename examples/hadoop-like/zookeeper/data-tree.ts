// SPDX-License-Identifier: Apache-2.0
/**
 * The tree of nodes and the sessions, as every server holds it. It changes by transactions only, and each transaction does
 * the same on every server, its failures included. Pure.
 */
import { RpcError, RpcStatus } from '../node/rpc.js';
import type { Answer, CreateMode, Stat } from './protocol.js';

/** A write as it is logged, proposed and applied. */
export type Change =
  | { readonly type: 'createSession'; readonly sessionId: string; readonly timeoutMs: number }
  | { readonly type: 'closeSession'; readonly sessionId: string }
  | {
      readonly type: 'create';
      readonly sessionId: string;
      readonly path: string;
      readonly data: string;
      readonly mode: CreateMode;
    }
  | { readonly type: 'setData'; readonly path: string; readonly data: string; readonly version: number }
  | { readonly type: 'delete'; readonly path: string; readonly version: number };

/** A change with its place in the order of all changes. */
export interface Transaction {
  readonly zxid: number;
  readonly change: Change;
}

interface DataNode {
  /** As base64. */
  data: string;
  version: number;
  /** Numbers of numbered children given out so far. */
  childNumber: number;
  readonly ephemeralOwner: string;
  readonly children: Set<string>;
}

/** All of a tree, as text can hold it. */
export interface Snapshot {
  readonly zxid: number;
  readonly nodes: readonly (readonly [path: string, node: Omit<DataNode, 'children'>])[];
  readonly sessions: readonly (readonly [sessionId: string, timeoutMs: number])[];
}

const ROOT = '';

/** The error that a client gets for what it asked, in the words of `KeeperException`. */
export function keeperError(code: number, name: string, path: string): RpcError {
  return new RpcError(code, `KeeperErrorCode = ${name} for ${path}`);
}

export class DataTree {
  #zxid = 0;
  readonly #nodes = new Map<string, DataNode>();
  readonly #sessions = new Map<string, number>();

  constructor() {
    this.#nodes.set(ROOT, newNode('', ''));
  }

  /** Of the latest transaction in it. */
  get zxid(): number {
    return this.#zxid;
  }

  /** Timeouts of the sessions that live, in ms, by their ids. */
  get sessions(): ReadonlyMap<string, number> {
    return this.#sessions;
  }

  /**
   * Does one transaction.
   *
   * @throws RpcError where it does not apply, as on every server; it counts as done all the same
   */
  apply({ zxid, change }: Transaction): Answer {
    this.#zxid = zxid;
    switch (change.type) {
      case 'createSession':
        this.#sessions.set(change.sessionId, change.timeoutMs);
        return { sessionId: change.sessionId, timeoutMs: change.timeoutMs };
      case 'closeSession':
        return this.#closeSession(change.sessionId);
      case 'create':
        return this.#create(change.path, change.data, change.mode, change.sessionId);
      case 'setData': {
        const node = this.#versioned(change.path, change.version);
        node.data = change.data;
        node.version++;
        return { stat: statOf(node) };
      }
      case 'delete':
        return this.#delete(change.path, change.version);
    }
  }

  getData(path: string): Answer {
    const node = this.#node(path);
    return { data: node.data, stat: statOf(node) };
  }

  getChildren(path: string): Answer {
    return { children: [...this.#node(path).children].sort() };
  }

  exists(path: string): Answer {
    return { exists: this.#nodes.has(normal(path)) };
  }

  snapshot(): Snapshot {
    const nodes = [...this.#nodes].map(([path, { children: _, ...node }]) => [path, node] as const);
    return { zxid: this.#zxid, nodes, sessions: [...this.#sessions] };
  }

  /** Becomes what another server's tree was. */
  restore({ zxid, nodes, sessions }: Snapshot): void {
    this.#zxid = zxid;
    this.#nodes.clear();
    this.#sessions.clear();
    for (const [path, node] of nodes) this.#nodes.set(path, { ...node, children: new Set() });
    for (const [path] of nodes) if (path !== ROOT) this.#nodes.get(parentOf(path))?.children.add(nameOf(path));
    for (const [sessionId, timeoutMs] of sessions) this.#sessions.set(sessionId, timeoutMs);
  }

  #create(asked: string, data: string, mode: CreateMode, sessionId: string): Answer {
    const parent = this.#node(parentOf(asked));
    if (parent.ephemeralOwner !== '') {
      throw keeperError(RpcStatus.FAILED_PRECONDITION, 'NoChildrenForEphemerals', asked);
    }
    // Ten digits, as the original numbers them.
    const path = mode.sequential ? `${asked}${String(parent.childNumber++).padStart(10, '0')}` : asked;
    if (this.#nodes.has(path)) throw keeperError(RpcStatus.ALREADY_EXISTS, 'NodeExists', path);
    this.#nodes.set(path, newNode(data, mode.ephemeral ? sessionId : ''));
    parent.children.add(nameOf(path));
    return { path };
  }

  #delete(path: string, version: number): Answer {
    const node = this.#versioned(path, version);
    if (node.children.size > 0) throw keeperError(RpcStatus.FAILED_PRECONDITION, 'NotEmpty', path);
    this.#nodes.delete(path);
    this.#nodes.get(parentOf(path))?.children.delete(nameOf(path));
    return {};
  }

  #closeSession(sessionId: string): Answer {
    this.#sessions.delete(sessionId);
    for (const [path, { ephemeralOwner }] of this.#nodes) {
      if (ephemeralOwner === sessionId && path !== ROOT) this.#delete(path, -1);
    }
    return {};
  }

  #versioned(path: string, version: number): DataNode {
    const node = this.#node(path);
    if (version !== -1 && version !== node.version) throw keeperError(RpcStatus.ABORTED, 'BadVersion', path);
    return node;
  }

  #node(path: string): DataNode {
    const node = this.#nodes.get(normal(path));
    if (!node) throw keeperError(RpcStatus.NOT_FOUND, 'NoNode', path);
    return node;
  }
}

function newNode(data: string, ephemeralOwner: string): DataNode {
  return { data, version: 0, childNumber: 0, ephemeralOwner, children: new Set() };
}

function statOf({ version, children, ephemeralOwner }: DataNode): Stat {
  return { version, childCount: children.size, ephemeralOwner };
}

function normal(path: string): string {
  return path === '/' ? ROOT : path;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
