// SPDX-License-Identifier: Apache-2.0
/**
 * The commit log: whatever is written is first appended to a file, so that a crash loses nothing. In its periodic mode
 * (`commitlog_sync`) a writer only puts its record into the queue of an executor with a single thread, which appends, and
 * syncs the file now and then. The queue has a bound; a writer that finds it full waits for room.
 *
 * The executor's thread catches nothing. When it ends, the queue fills up behind it, and nobody is told.
 */
import { type FileHandle, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Executor } from '../node/executor.js';
import { scaled } from '../node/time-scale.js';
import type { Mutation } from './row.js';

/** `commitlog_sync_period_in_ms`. */
const SYNC_PERIOD_MS = scaled(10_000);

/**
 * Records that may wait. Ours: Cassandra's bound is 1024 times the processors, which a node of eight that is near its limits, at
 * fifty thousand writes a second, takes in 0.16 s. So many are 0.15 s of the twenty a second that come to a node here. Before it is
 * full nobody can notice anything.
 */
const QUEUE_LENGTH_MAX = 3;

const SEGMENT_NAME = /^CommitLog-(\d+)\.log$/;

type Task =
  | { readonly kind: 'append'; readonly mutation: Mutation }
  | { readonly kind: 'sync'; readonly done: () => void }
  | { readonly kind: 'lose'; readonly done: () => void }
  | { readonly kind: 'switch'; readonly done: (segment: number) => void };

export class CommitLog {
  readonly #directory: string;
  readonly #executor = new Executor<Task>(1, (task) => this.#work(task));
  readonly #waiting: (() => void)[] = [];
  #segment: number;
  #file: FileHandle;
  #position: Promise<number> | undefined;
  #isSyncing = false;

  private constructor(directory: string, segment: number, file: FileHandle) {
    this.#directory = directory;
    this.#segment = segment;
    this.#file = file;
    setInterval(() => this.#sync(), SYNC_PERIOD_MS);
  }

  /** Opens a new segment behind those that the directory has. */
  static async open(directory: string): Promise<CommitLog> {
    const segment = Math.max(0, ...(await segmentsIn(directory))) + 1;
    return new CommitLog(directory, segment, await open(segmentPath(directory, segment), 'a'));
  }

  /** What older processes wrote and had not flushed, oldest first. */
  static async replay(directory: string): Promise<readonly Mutation[]> {
    const mutations: Mutation[] = [];
    for (const segment of await segmentsIn(directory)) {
      const lines = (await readFile(segmentPath(directory, segment), 'utf8')).split('\n');
      // The last line of a process that was killed may be cut.
      for (const line of lines) if (line.endsWith('}}')) mutations.push(JSON.parse(line) as Mutation);
    }
    return mutations;
  }

  /** Resolves when the record is in the queue: at once, unless that is full. */
  async add(mutation: Mutation): Promise<void> {
    while (this.#executor.queueLength >= QUEUE_LENGTH_MAX) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#executor.submit({ kind: 'append', mutation });
  }

  /**
   * Begins a new segment behind all records that are in the queue. Asked again before the answer, it is the same question.
   *
   * @returns the last segment before it
   */
  position(): Promise<number> {
    this.#position ??= new Promise<number>((done) => this.#executor.submit({ kind: 'switch', done })).finally(() => {
      this.#position = undefined;
    });
    return this.#position;
  }

  /** Deletes the segments up to this one: what they hold is in other files now. */
  async discardUpTo(segment: number): Promise<void> {
    const old = (await segmentsIn(this.#directory)).filter((one) => one <= segment && one !== this.#segment);
    for (const one of old) await unlink(segmentPath(this.#directory, one));
  }

  /** The fault: the segment's file is lost between two tasks of the executor, and the next append fails. Twice is once. */
  async loseSegment(): Promise<void> {
    if (this.#executor.workerCount === 0) return;
    await new Promise<void>((done) => this.#executor.submit({ kind: 'lose', done }));
  }

  /** Begins a new segment, and starts the executor's thread again where it has ended. */
  async restart(): Promise<void> {
    await this.#nextSegment();
    if (this.#executor.workerCount === 0) this.#executor.startWorker();
  }

  async #work(task: Task): Promise<void> {
    if (task.kind === 'append') await this.#file.appendFile(`${JSON.stringify(task.mutation)}\n`);
    if (task.kind === 'sync') {
      await this.#file.sync();
      task.done();
    }
    if (task.kind === 'lose') {
      await this.#file.close();
      task.done();
    }
    if (task.kind === 'switch') {
      const last = this.#segment;
      await this.#file.sync();
      await this.#file.close();
      await this.#nextSegment();
      task.done(last);
    }
    this.#waiting.shift()?.();
  }

  async #nextSegment(): Promise<void> {
    this.#segment++;
    this.#file = await open(segmentPath(this.#directory, this.#segment), 'a');
  }

  #sync(): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    const done = (): void => {
      this.#isSyncing = false;
    };
    this.#executor.submit({ kind: 'sync', done });
  }
}

function segmentPath(directory: string, segment: number): string {
  return join(directory, `CommitLog-${segment}.log`);
}

async function segmentsIn(directory: string): Promise<number[]> {
  const segments = (await readdir(directory)).flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? []);
  return segments.map(Number).sort((a, b) => a - b);
}
