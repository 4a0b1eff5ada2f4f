// SPDX-License-Identifier: Apache-2.0
/** A recording in the data's own time: what time alone changes, what is told, and signals beside traces. */
import { describe, expect, it } from 'vitest';
import { requestsIn } from '../../src/engine/recording/recorded-requests.js';
import { type ReplayedState, type ReplayParts, replay } from '../../src/engine/replay.js';
import { judgeOf } from '../../src/engine/verdict/presets.js';
import { HealthStatus } from '../../src/model/status.js';

const START_MS = 1_700_000_000_000;
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
let spanCount = 0;

/** One request of a caller: one call that ended so many ms after the start, as OTLP/JSON. */
function requestAt(afterMs: number, subject: string, { operation = 'GET', error = '' } = {}): string {
  const endTimeUnixNano = `${START_MS + afterMs}000000`;
  const id = (++spanCount).toString(16);
  const span = {
    traceId: id.padStart(32, '1'),
    spanId: id.padStart(16, '1'),
    name: operation,
    kind: 3,
    startTimeUnixNano: endTimeUnixNano,
    endTimeUnixNano,
    attributes: [text('peer.service', subject), ...(error ? [text('error.type', error)] : [])],
    status: error ? { code: 2 } : {},
  };
  const resource = { attributes: [text('service.name', 'shop'), text('service.instance.id', 's1')] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
}

async function* bytesOf(lines: readonly string[]): AsyncGenerator<Buffer> {
  yield Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

function fail(place: string): never {
  throw new Error(`cut off in ${place}`);
}

async function statesOf(lines: readonly string[], told: Partial<ReplayParts> = {}): Promise<readonly ReplayedState[]> {
  const states: ReplayedState[] = [];
  const judge = judgeOf({ judge: 'majority', evidenceLifetimeMs: 60_000, pendingMs: 1000 });
  await replay([requestsIn(bytesOf(lines), fail)], { judge, onState: (state) => states.push(state), ...told });
  return states;
}

describe('a replay', () => {
  it('lets evidence grow old also while requests come all the time', async () => {
    const failing = requestAt(0, 'db', { error: 'ETIMEDOUT' });
    const others = Array.from({ length: 2000 }, (_, index) => requestAt(100 * (index + 1), 'cache'));
    const ofDb = (await statesOf([failing, ...others])).filter(({ subject }) => subject === 'db');
    expect(ofDb.map(({ status }) => status === HealthStatus.UNHEALTHY)).toEqual([true, false]);
  });

  it('tells which operations fail, and since when', async () => {
    const lines = [
      requestAt(0, 'db', { operation: 'read' }),
      requestAt(1000, 'db', { operation: 'write', error: 'ETIMEDOUT' }),
      requestAt(2000, 'db', { operation: 'read', error: 'ETIMEDOUT' }),
    ];
    const failing = (await statesOf(lines)).map(({ sinceMs, operations }) => [
      sinceMs - START_MS,
      ...operations.filter(({ status }) => status === HealthStatus.UNHEALTHY).map(({ operation }) => operation),
    ]);
    expect(failing.at(-1)).toEqual([1000, 'read', 'write']);
    expect(failing).toContainEqual([1000, 'write']);
  });

  it('takes logs and metrics in their place, and time goes by traces alone', async () => {
    const lines = ['{"resourceLogs":[]}', requestAt(0, 'db'), '{"resourceMetrics":[]}', '{"resourceLogs":[]}'];
    expect((await statesOf(lines)).map(({ atMs }) => atMs - START_MS)).toEqual([0]);
  });

  it('refuses what is no request', async () => {
    await expect(statesOf([requestAt(0, 'db'), '{"resourceSpans":7}', requestAt(1, 'db')])).rejects.toThrow(
      /^line 2: /,
    );
  });

  it('leaves out what is no request where somebody is told of it', async () => {
    const refused: string[] = [];
    const lines = [requestAt(0, 'db'), '{"resourceSpans":7}', '{"resourceLogs":7}', requestAt(1000, 'cache')];
    const states = await statesOf(lines, { onRefused: ({ message }) => refused.push(message) });
    expect(refused.map((message) => message.slice(0, 7))).toEqual(['line 2:', 'line 3:']);
    expect(states.map(({ subject }) => subject)).toEqual(['db', 'cache']);
  });

  it('takes several recordings as one, by when each request arrives', async () => {
    const times: number[] = [];
    const parts = { judge: judgeOf({ judge: 'majority', evidenceLifetimeMs: 60_000, pendingMs: 1000 }) };
    const { requestCount, firstMs, lastMs } = await replay(
      [[0, 2000, 2500], [], [1000, 3000]].map((all) => requestsIn(bytesOf(all.map((ms) => requestAt(ms, 'db'))), fail)),
      { ...parts, onState: () => undefined, onRequest: (nowMs) => times.push(nowMs - START_MS) },
    );
    expect(times).toEqual([0, 1000, 2000, 2500, 3000]);
    expect([requestCount, firstMs - START_MS, lastMs - START_MS]).toEqual([5, 0, 3000]);
  });
});
