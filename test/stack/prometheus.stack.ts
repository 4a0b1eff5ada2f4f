// SPDX-License-Identifier: Apache-2.0
/** The engine's metrics as Prometheus itself reads them: its own checker finds nothing to say against the page. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { startEngineProcess } from '../support/engine-process.js';
import { programOf, whyWithout } from './programs.js';

describe.skipIf(whyWithout('promtool', 'prometheus'))('GET /metrics', () => {
  it('is a page that Prometheus takes, with names as it likes them', async () => {
    const engine = await startEngineProcess();
    try {
      const headers = { 'content-type': 'application/json' };
      await fetch(`http://${engine.addresses.otlpHttp}/v1/traces`, { method: 'POST', headers, body: '{}' });
      const page = await (await fetch(`http://${engine.addresses.api}/metrics`)).text();
      expect(page).toContain('panorama_engine_requests_total{transport="http",signal="traces",code="ok"} 1');
      const check = (input: string) =>
        spawnSync(programOf('promtool'), ['check', 'metrics'], { input, encoding: 'utf8' });
      const { status, stdout, stderr } = check(page);
      expect([status, stdout, stderr]).toEqual([0, '', '']);
      expect(check(`${page}panorama_engine_requests_total{`).status).not.toBe(0);
    } finally {
      engine.process.kill('SIGKILL');
    }
  });
});
