// SPDX-License-Identifier: Apache-2.0
/**
 * Small files that are read again when they change: a certificate is renewed and a token withdrawn without a restart. They
 * are looked at on a timer rather than watched, because a mounted secret is swapped by its link, on file systems that
 * tell nobody.
 *
 * Two files are never replaced in one step. Contents that cannot be used are therefore given until the next look before
 * anybody hears of them, and what was read last stays in force until there is something better.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Clock, Timer } from '../../model/clock.js';
import { PanoramaError } from '../../model/errors.js';

/** How often files are looked at: soon enough for who withdraws a token by hand, and a few reads. In ms. */
export const LOOK_MS = 2000;

/** A chain of certificates has some KiB; whatever is larger is another file. */
export const FILE_BYTES_MAX: number = 1024 * 1024;

export interface WatchedFilesParts<T> {
  /** What is looked at, each with the name of the option that gave it. */
  readonly files: readonly { readonly option: string; readonly path: string }[];
  /** What the contents mean, in the order of `files`. @throws PanoramaError where they mean nothing */
  readonly read: (contents: readonly Buffer[]) => T;
  /** Told of new contents that can be used. */
  readonly onChange: (value: T) => void;
  /** Told once of new contents that cannot. */
  readonly onError: (error: PanoramaError) => void;
  readonly clock: Clock;
}

export class WatchedFiles<T> {
  readonly #parts: WatchedFilesParts<T>;
  #seen: string;
  #suspect = '';
  #complained = false;
  #timer: Timer | undefined;
  #closed = false;

  private constructor(parts: WatchedFilesParts<T>, seen: string) {
    this.#parts = parts;
    this.#seen = seen;
  }

  /**
   * Reads the files for the first time, and looks at them from then on.
   *
   * @throws PanoramaError PANO_ACCESS_FILE for a file that cannot be read, and whatever `read` throws
   */
  static async open<T>(parts: WatchedFilesParts<T>): Promise<{ readonly value: T; readonly files: WatchedFiles<T> }> {
    const contents = await readAll(parts.files);
    const value = parts.read(contents);
    const files = new WatchedFiles(parts, digestOf(contents));
    files.#wait();
    return { value, files };
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #wait(): void {
    if (this.#closed) return;
    this.#timer = this.#parts.clock.setTimer(LOOK_MS, () => void this.#look().finally(() => this.#wait()));
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    let digest = 'unreadable';
    try {
      const contents = await readAll(this.#parts.files);
      digest = digestOf(contents);
      if (this.#closed) return;
      if (digest !== this.#seen) {
        const value = this.#parts.read(contents);
        this.#seen = digest;
        this.#parts.onChange(value);
      }
      this.#suspect = '';
      this.#complained = false;
    } catch (thrown) {
      if (this.#suspect === digest && !this.#complained) {
        this.#complained = true;
        this.#parts.onError(PanoramaError.from(thrown));
      } else if (this.#suspect !== digest) {
        this.#complained = false;
      }
      this.#suspect = digest;
    }
  }
}

async function readAll(files: WatchedFilesParts<unknown>['files']): Promise<readonly Buffer[]> {
  const contents: Buffer[] = [];
  for (const { option, path } of files) contents.push(await readBounded(option, path));
  return contents;
}

/** Reads a file that an option names, if it is not far larger than such files are. @throws PanoramaError PANO_ACCESS_FILE */
export async function readBounded(option: string, path: string): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { size } = await handle.stat();
    if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes, more than ${FILE_BYTES_MAX}`);
    return await handle.readFile();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new PanoramaError(
      'PANO_ACCESS_FILE',
      `${option}: ${path} cannot be read (${code ?? message}); give a file that the engine's user may read`,
      error,
    );
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

function digestOf(contents: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length}:`).update(content);
  return hash.digest('hex');
}
