// SPDX-License-Identifier: Apache-2.0
/**
 * The namenode's edit log: a line for each completed file, synced before the client is told. A namenode that starts reads it, and
 * asks the datanodes for the rest. HDFS: `FSEditLog`; there is no image here, and so no checkpoint of one.
 */
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** One file as it is from now on. */
export interface Edit {
  readonly file: string;
  readonly blockId: string;
  readonly length: number;
}

export class EditLog {
  readonly #path: string;
  #written: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** What was logged before, in order; a last line that a crash cut off never happened. */
  async replay(): Promise<readonly Edit[]> {
    await mkdir(dirname(this.#path), { recursive: true });
    const text = await readFile(this.#path, 'utf8').catch(() => '');
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Edit);
  }

  /** Logs an edit. Resolves when it is on disk. */
  log(edit: Edit): Promise<void> {
    this.#written = this.#written.catch(() => {}).then(() => this.#append(`${JSON.stringify(edit)}\n`));
    return this.#written;
  }

  async #append(line: string): Promise<void> {
    const file = await open(this.#path, 'a');
    try {
      await file.appendFile(line);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
