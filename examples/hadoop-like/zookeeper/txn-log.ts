// SPDX-License-Identifier: Apache-2.0
/**
 * A server's transaction log and its snapshot (`FileTxnSnapLog`): one line a transaction, on the disk before anybody is told
 * of it. The log is opened for each batch, so that a disk which went bad meanwhile is met where it is used.
 */
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataTree, type Snapshot, type Transaction } from './data-tree.js';

/** Transactions after which a snapshot is made and the log begun anew (`snapCount`, 100,000). */
const SNAP_COUNT = 100_000;

/** What a server knew when it stopped. */
export interface History {
  readonly tree: DataTree;
  /** Logged after what is in the tree. Whether they were committed is not in the log. */
  readonly logged: readonly Transaction[];
  /** The latest leader's that this server has followed, or its own. */
  readonly epoch: number;
}

export class TxnLog {
  readonly path: string;
  readonly #snapshotPath: string;
  readonly #epochPath: string;
  #count = 0;

  constructor(directory: string) {
    this.path = join(directory, 'log');
    this.#snapshotPath = join(directory, 'snapshot');
    this.#epochPath = join(directory, 'acceptedEpoch');
  }

  /** Reads what there is; nothing at the first start. */
  async load(): Promise<History> {
    await mkdir(dirname(this.path), { recursive: true });
    const tree = new DataTree();
    const snapshot = await readIfThere(this.#snapshotPath);
    if (snapshot !== '') tree.restore(JSON.parse(snapshot) as Snapshot);
    const logged = await this.#read();
    await writeFile(this.path, linesOf(logged), { flush: true });
    this.#count = logged.length;
    const epoch = Number(await readIfThere(this.#epochPath));
    return { tree, logged: logged.filter(({ zxid }) => zxid > tree.zxid), epoch };
  }

  /** Appends a batch and forces it to the disk. */
  async append(transactions: readonly Transaction[]): Promise<void> {
    const log = await open(this.path, 'a');
    try {
      await log.appendFile(linesOf(transactions));
      await log.datasync();
    } finally {
      await log.close();
    }
    this.#count += transactions.length;
  }

  /** Notes the epoch of a leader, so that no later one is given the same. */
  async acceptEpoch(epoch: number): Promise<void> {
    await writeFile(this.#epochPath, String(epoch), { flush: true });
  }

  /** Whether it is time for a snapshot. */
  get isLong(): boolean {
    return this.#count >= SNAP_COUNT;
  }

  /** Begins anew from a snapshot; what is logged after it stays. */
  async purge(snapshot: Snapshot): Promise<void> {
    await this.#save(snapshot);
    const kept = (await this.#read()).filter(({ zxid }) => zxid > snapshot.zxid);
    await writeFile(this.path, linesOf(kept), { flush: true });
    this.#count = kept.length;
  }

  /** Begins anew from another server's snapshot; nothing stays. */
  async replace(snapshot: Snapshot): Promise<void> {
    await writeFile(this.path, '', { flush: true });
    await this.#save(snapshot);
    this.#count = 0;
  }

  async #read(): Promise<readonly Transaction[]> {
    const lines = (await readIfThere(this.path)).split('\n');
    // The last line is empty, or what was being written when the process died.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Transaction);
  }

  async #save(snapshot: Snapshot): Promise<void> {
    await writeFile(`${this.#snapshotPath}.new`, JSON.stringify(snapshot), { flush: true });
    await rename(`${this.#snapshotPath}.new`, this.#snapshotPath);
  }
}

function linesOf(transactions: readonly Transaction[]): string {
  return transactions.map((transaction) => `${JSON.stringify(transaction)}\n`).join('');
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
