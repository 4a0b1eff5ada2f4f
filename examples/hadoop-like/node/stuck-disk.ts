// SPDX-License-Identifier: Apache-2.0
/**
 * The fault, made in the mechanism: a disk call that never returns. A journal's file is replaced by a FIFO that nobody
 * reads. Opening such a FIFO for writing is not an error; the kernel blocks the call until a reader comes, as it blocks
 * a call to a dying disk. So one thread of the process's pool hangs inside a real `open()`, and no line of the
 * datanode's, the engine's or the telemetry's code takes part in the pretence.
 *
 * Both directions swap the file by hard link and rename, so that at no moment is there no journal: a writer that comes
 * by in between would quietly make a new one.
 */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { link, open, rename, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Makes a FIFO. Throws an Error that says what to do where the system has no `mkfifo`. */
export async function makeFifo(path: string): Promise<void> {
  try {
    await run('mkfifo', [path]);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such command' : String(error);
    throw new Error(
      `cannot make a FIFO with mkfifo (${reason}). The fault is a FIFO in place of a file, so the demo needs a POSIX ` +
        'system (Linux, macOS) with coreutils and a temporary directory (TMPDIR) that allows FIFOs.',
      { cause: error },
    );
  }
}

export class StuckDisk {
  readonly #journalPath: string;
  readonly #healthyPath: string;
  readonly #fifoPath: string;
  #isStuck = false;

  constructor(journalPath: string) {
    this.#journalPath = journalPath;
    this.#healthyPath = `${journalPath}.healthy`;
    this.#fifoPath = `${journalPath}.fifo`;
  }

  /** From now on opening the journal does not return. Twice is once. */
  async fault(): Promise<void> {
    if (this.#isStuck) return;
    this.#isStuck = true;
    await makeFifo(this.#fifoPath);
    await link(this.#journalPath, this.#healthyPath);
    await rename(this.#fifoPath, this.#journalPath);
  }

  /**
   * Puts the file back and lets the stuck call return.
   *
   * @param released resolves when whoever was stuck is done; until then the FIFO keeps its reader, or the writer that
   *   wakes up would write into a broken pipe
   */
  async repair(released: () => Promise<void>): Promise<void> {
    if (!this.#isStuck) return;
    await link(this.#journalPath, this.#fifoPath);
    await rename(this.#healthyPath, this.#journalPath);
    // Open for both, which never blocks: whoever is stuck writing finds a reader, and whoever is stuck reading a writer.
    const other = await open(this.#fifoPath, constants.O_RDWR | constants.O_NONBLOCK);
    await released();
    await other.close();
    await unlink(this.#fifoPath);
    this.#isStuck = false;
  }
}
