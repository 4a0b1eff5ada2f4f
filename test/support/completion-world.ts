// SPDX-License-Identifier: Apache-2.0
/** What a shell completes in: `panorama` in the path, an engine that knows subjects, and a folder with a file. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { panorama } from './command.js';
import { BIN, type EngineProcess, startEngineProcess } from './engine-process.js';
import { until } from './until.js';

/** Some are such that a shell would obey them. */
const SUBJECTS: readonly string[] = ['shop/s1', 'shop/s2', '10.0.0.7:9000', '$(touch$IFS/tmp/x)', '-rf', 'a;b'];

export class CompletionWorld {
  readonly folder: string;
  readonly #engine: EngineProcess;

  private constructor(folder: string, engine: EngineProcess) {
    this.folder = folder;
    this.#engine = engine;
  }

  static async start(): Promise<CompletionWorld> {
    const folder = mkdtempSync(path.join(tmpdir(), 'panorama-completion-'));
    const command = path.join(folder, 'panorama');
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
    chmodSync(command, 0o755);
    writeFileSync(path.join(folder, 'a recording.jsonl'), '');
    const engine = await startEngineProcess();
    for (const subject of SUBJECTS) {
      const told = await panorama(['report', '--otlp', engine.addresses.otlpHttp, '--', subject, 'GET:healthy']);
      if (told.code !== 0) throw new Error(`the engine does not take a report: ${told.stderr}`);
    }
    await until('the subjects', async () => {
      const { stdout } = await panorama(['list', 'subjects', '--json', '--api', engine.addresses.api]);
      return (JSON.parse(stdout) as { subjects: object[] }).subjects.length === SUBJECTS.length ? true : undefined;
    });
    return new CompletionWorld(folder, engine);
  }

  /** The variables of a shell in it. */
  env(api: string = this.#engine.addresses.api): NodeJS.ProcessEnv {
    const { folder } = this;
    return { ...process.env, PATH: `${folder}:${process.env['PATH']}`, PANORAMA_API: api, HOME: folder };
  }

  stop(): void {
    this.#engine.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true });
  }
}
