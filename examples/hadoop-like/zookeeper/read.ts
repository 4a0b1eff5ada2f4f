// SPDX-License-Identifier: Apache-2.0
/** Reads, as `FinalRequestProcessor` answers them: out of this server's own tree, whatever its role. */
import type { DataTree } from './data-tree.js';
import type { Answer } from './protocol.js';
import { type Request, sessionExpired } from './request.js';

/** Answers a read, well or with an error. */
export function answerRead(tree: DataTree, request: Request): void {
  const { sessionId, path } = request.record;
  try {
    if (!tree.sessions.has(sessionId)) throw sessionExpired(sessionId);
    request.done(readers[request.operation as keyof typeof readers](tree, path), 0);
  } catch (error) {
    request.failed(error);
  }
}

const readers = {
  GetData: (tree: DataTree, path: string): Answer => tree.getData(path),
  GetChildren: (tree: DataTree, path: string): Answer => tree.getChildren(path),
  Exists: (tree: DataTree, path: string): Answer => tree.exists(path),
};
