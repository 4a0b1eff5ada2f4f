// SPDX-License-Identifier: Apache-2.0
/**
 * A queue and its workers, as an `ExecutorService` or a request processor with its thread. What is put in is worked off in
 * order; a worker that meets an error which its task does not catch is gone, as a thread is. The queue takes on and on.
 */

interface Queued<Task> {
  readonly task: Task;
  readonly enqueuedMs: number;
}

export class Executor<Task> {
  readonly #work: (task: Task) => Promise<void>;
  readonly #queue: Queued<Task>[] = [];
  readonly #idle: ((next: Queued<Task>) => void)[] = [];
  #workerCount = 0;

  /**
   * @param workerCount threads
   * @param work does one task. What it throws ends the worker that called it: catch what a task may throw
   */
  constructor(workerCount: number, work: (task: Task) => Promise<void>) {
    this.#work = work;
    for (let worker = 0; worker < workerCount; worker++) this.startWorker();
  }

  /** Tasks that wait for a worker. */
  get queueLength(): number {
    return this.#queue.length;
  }

  /** Workers that live, busy or not. */
  get workerCount(): number {
    return this.#workerCount;
  }

  /** Puts a task into the queue. Never refuses, never says how it went. */
  submit(task: Task): void {
    const queued = { task, enqueuedMs: performance.now() };
    const idle = this.#idle.shift();
    if (idle) idle(queued);
    else this.#queue.push(queued);
  }

  /** Takes out what nobody waits for any more. */
  drop(isUnwanted: (task: Task) => boolean): void {
    const kept = this.#queue.filter(({ task }) => !isUnwanted(task));
    this.#queue.splice(0, this.#queue.length, ...kept);
  }

  /** One more worker: at the beginning, and in place of one that died. */
  startWorker(): void {
    this.#workerCount++;
    void this.#run().catch((error: unknown) => {
      this.#workerCount--;
      // As a JVM does with an uncaught exception of a thread: a line on stderr, and the process goes on.
      process.stderr.write(`worker ended by an uncaught error: ${error instanceof Error ? error.message : error}\n`);
    });
  }

  async #run(): Promise<never> {
    for (;;) {
      const next = this.#queue.shift() ?? (await new Promise<Queued<Task>>((resolve) => this.#idle.push(resolve)));
      await this.#work(next.task);
    }
  }
}
