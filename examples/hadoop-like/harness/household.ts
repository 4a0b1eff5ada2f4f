// SPDX-License-Identifier: Apache-2.0
/**
 * The processes that the demo starts, and the promise that none outlives it. Each is a child with an IPC channel and the
 * leash preloaded, in a process group of its own, so that Ctrl-C in the terminal reaches the demo alone and the demo
 * decides the order of things. What a child writes is kept, bounded, and shown only when something goes wrong.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Addresses, NodeMessage, ParentMessage } from '../node/parent.js';
import { unlessStopped } from './waiting.js';

/** Last words kept of each child. */
const LAST_WORDS_LENGTH_MAX = 4000;

/** How long to wait for killed children to be gone. SIGKILL needs milliseconds; the bound is for a machine in distress. */
const STOP_TIMEOUT_MS = 800;

/** Time for a dead child's last words to come through the pipe. */
const LAST_WORDS_DELAY_MS = 100;

/** Tells the leash which directory to remove when the demo itself no longer can. */
export const DIRECTORY_VARIABLE = 'HADOOP_LIKE_DIRECTORY';

const LEASH_URL = new URL('../node/leash.js', import.meta.url).href;

export interface ChildOptions {
  readonly name: string;
  /** What follows `node` on the command line. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** One process of ours. Emits `line` for each line on its stdout, `message` for each message. */
export class Child extends EventEmitter<{ line: [string]; message: [NodeMessage] }> {
  readonly name: string;
  readonly #process: ChildProcess;
  #lastWords = '';

  constructor(options: ChildOptions, onDeath: (child: Child, how: string) => void) {
    super();
    this.name = options.name;
    this.#process = spawn(process.execPath, ['--import', LEASH_URL, ...options.words], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...quietEnvironment(), ...options.environment },
    });
    this.#process.on('message', (message) => this.emit('message', message as NodeMessage));
    this.#process.on('error', (error) => onDeath(this, error.message));
    this.#process.on('exit', (code, signal) => onDeath(this, signal ? `killed by ${signal}` : `exit code ${code}`));
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.#lastWords = `${this.#lastWords}${line}\n`.slice(-LAST_WORDS_LENGTH_MAX);
        if (stream === this.#process.stdout) this.emit('line', line);
      });
    }
  }

  /** The tail of what it wrote on stdout and stderr. */
  get lastWords(): string {
    return this.#lastWords.trim();
  }

  /** Lets a node begin; see `readyToStart`. */
  start(addresses: Addresses): void {
    // An error here means that the child has died, which is reported as such.
    this.tell({ type: 'start', addresses });
  }

  /** Sends it a message of the cluster's. */
  tell(message: ParentMessage): void {
    this.#process.send(message, () => {});
  }

  /** Stops it as a long collection of garbage does, or lets it go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(name);
  }

  /** Kills it at once. Harmless when it is dead. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Resolves when the process is gone. */
  async gone(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) await once(this.#process, 'exit');
  }
}

export class Household {
  readonly #children: Child[] = [];
  readonly #killed = new Set<Child>();
  readonly #stop: AbortController;
  #isClosing = false;

  /** @param stop aborted, with the child's name and last words, when a child dies that nobody asked to */
  constructor(stop: AbortController) {
    this.#stop = stop;
  }

  /** Starts a process. */
  add(options: ChildOptions): Child {
    this.#stop.signal.throwIfAborted();
    const child = new Child(options, (dead, how) => {
      if (this.#isClosing || this.#killed.has(dead)) return;
      setTimeout(() => this.#stop.abort(new Error(obituary(dead, how))), LAST_WORDS_DELAY_MS);
    });
    this.#children.push(child);
    return child;
  }

  /** Ends one child at once, which is then no unexpected death. */
  kill(child: Child): void {
    this.#killed.add(child);
    child.kill();
  }

  /** What each child said last; for a failure whose cause is not plain. */
  lastWords(): string {
    const speakers = this.#children.filter(({ lastWords }) => lastWords !== '');
    return speakers.map(({ name, lastWords }) => `--- ${name}\n${lastWords}`).join('\n');
  }

  /** Ends all children. From here on no death is unexpected. */
  async close(): Promise<void> {
    this.killAll();
    const deadline = AbortSignal.timeout(STOP_TIMEOUT_MS);
    await unlessStopped(Promise.all(this.#children.map((child) => child.gone())), deadline).catch(() => {});
  }

  /** The part of closing that needs no waiting: for the very last moment of the process. */
  killAll(): void {
    this.#isClosing = true;
    for (const child of this.#children) child.kill();
  }
}

function obituary(child: Child, how: string): string {
  const words = child.lastWords === '' ? 'It left no last words.' : `Its last words:\n${child.lastWords}`;
  return `${child.name} died unexpectedly (${how}). ${words}`;
}

/**
 * The demo's environment without the settings that would bend the story: somebody's own telemetry settings, and an
 * HTTP proxy, which gRPC would use even for the loopback interface.
 */
function quietEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:OTEL_|PANORAMA_)/.test(name));
  const noProxy = '127.0.0.1,localhost';
  return { ...Object.fromEntries(kept), no_grpc_proxy: noProxy, no_proxy: noProxy, NO_PROXY: noProxy };
}
