// SPDX-License-Identifier: Apache-2.0
/** Following verdicts: by the log of changes, and by looking. */
import { describe, expect, it } from 'vitest';
import type { ApiTransition, ApiVerdict, EngineApi } from '../../../examples/hadoop-like/harness/engine-api.js';
import { VerdictWatch } from '../../../examples/hadoop-like/harness/verdict-watch.js';

const transition = (seq: number) => ({ seq, verdict: { subject: `s${seq}` } }) as ApiTransition;

/** An engine whose log grows when `grow` says so, which is asked each time that verdicts are looked at. */
class FakeApi {
  readonly log: ApiTransition[] = [];
  readonly verdicts: () => Promise<readonly ApiVerdict[]>;

  constructor(grow: (log: ApiTransition[]) => void = () => {}) {
    this.verdicts = async () => {
      grow(this.log);
      return [{ subject: 'dn1' } as ApiVerdict];
    };
  }

  async eventsAfter(seq: number): Promise<readonly ApiTransition[]> {
    return this.log.filter((each) => each.seq > seq);
  }
}

function watching(api: FakeApi): { watch: VerdictWatch; said: string[] } {
  const said: string[] = [];
  const watch = new VerdictWatch(
    api as unknown as EngineApi,
    ({ seq }) => said.push(`change ${seq}`),
    (verdicts) => said.push(`look at ${verdicts.map(({ subject }) => subject).join(' ')}`),
  );
  return { watch, said };
}

describe('the watch', () => {
  it('tells the changes, then how all verdicts stand', async () => {
    const api = new FakeApi();
    const { watch, said } = watching(api);
    api.log.push(transition(1), transition(2));
    await watch.poll();
    expect(said).toEqual(['change 1', 'change 2', 'look at dn1']);
  });

  it('does not count what it saw while the log changed, for nobody knows which came first', async () => {
    const { watch, said } = watching(new FakeApi((log) => log.push(transition(log.length + 1))));
    await watch.poll();
    expect(said).toEqual(['change 1']);
  });

  it('tells each change once, also where two poll at a time', async () => {
    const api = new FakeApi();
    const { watch, said } = watching(api);
    api.log.push(transition(1));
    await Promise.all([watch.poll(), watch.poll()]);
    expect(said).toEqual(['change 1', 'look at dn1', 'look at dn1']);
  });

  it('counts changes that the log no longer had', async () => {
    const api = new FakeApi();
    const { watch } = watching(api);
    api.log.push(transition(1), transition(4));
    await watch.poll();
    expect(watch.missedCount).toBe(2);
  });

  it('counts polls that were not answered, and gives up after five in a row', async () => {
    const stop = new AbortController();
    const api = new FakeApi(() => {
      throw new Error('no answer');
    });
    const { watch } = watching(api);
    await watch.run(stop, stop.signal);
    expect(watch.failedPollCount).toBe(5);
    expect((stop.signal.reason as Error).message).toBe('no answer');
  });
});
