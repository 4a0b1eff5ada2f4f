// SPDX-License-Identifier: Apache-2.0
/** What whoever keeps the cluster running may ask for, and what comes of it. */
import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../examples/hadoop-like/faults/fault.js';
import { FAULTS } from '../../../examples/hadoop-like/faults/index.js';
import { parseArguments, usage } from '../../../examples/hadoop-like/harness/arguments.js';
import type { Cluster } from '../../../examples/hadoop-like/harness/cluster.js';
import { hearKeys, hearSignals, type Keyboard, type Wish } from '../../../examples/hadoop-like/harness/encore.js';
import { FaultSwitch } from '../../../examples/hadoop-like/harness/fault-switch.js';

class Terminal extends EventEmitter implements Keyboard {
  readonly isTTY: boolean;
  readonly done: string[] = [];

  constructor(isTTY = true) {
    super();
    this.isTTY = isTTY;
  }

  setRawMode(isRaw: boolean): void {
    this.done.push(isRaw ? 'raw' : 'cooked');
  }

  resume(): void {
    this.done.push('resume');
  }

  pause(): void {
    this.done.push('pause');
  }

  type(text: string): void {
    this.emit('data', Buffer.from(text));
  }
}

describe('keys', () => {
  it('b breaks, r mends, Ctrl-C ends, and no other does anything', () => {
    const wishes: Wish[] = [];
    const terminal = new Terminal();
    expect(hearKeys(terminal, (wish) => wishes.push(wish), new AbortController().signal)).toBe(true);
    terminal.type('b');
    terminal.type('xBRé\r\u001b[A');
    terminal.type('rb');
    terminal.type('\u0003');
    expect(wishes).toEqual(['break', 'repair', 'break', 'end']);
    expect(terminal.done).toEqual(['raw', 'resume']);
  });

  it('are heard no longer at the end, and the terminal is as it was', () => {
    const wishes: Wish[] = [];
    const terminal = new Terminal();
    const over = new AbortController();
    hearKeys(terminal, (wish) => wishes.push(wish), over.signal);
    over.abort();
    terminal.type('b');
    expect(wishes).toEqual([]);
    expect(terminal.done).toEqual(['raw', 'resume', 'pause', 'cooked']);
  });

  it('are not heard, and nothing is touched, where there is no terminal', () => {
    const pipe = new Terminal(false);
    expect(hearKeys(pipe, () => {}, new AbortController().signal)).toBe(false);
    expect(pipe.done).toEqual([]);
    expect(pipe.listenerCount('data')).toBe(0);
  });
});

describe('signals', () => {
  it('SIGUSR1 breaks and SIGUSR2 mends, until the end', () => {
    const wishes: Wish[] = [];
    const process = new EventEmitter();
    const over = new AbortController();
    hearSignals(process, (wish) => wishes.push(wish), over.signal);
    process.emit('SIGUSR1');
    process.emit('SIGUSR2');
    expect(wishes).toEqual(['break', 'repair']);
    over.abort();
    expect(process.eventNames()).toEqual([]);
  });
});

describe('a fault in somebody’s hands', () => {
  function inHand(halves: Partial<Pick<Fault, 'inject' | 'repair'>> = {}) {
    const told: string[] = [];
    const over = new AbortController();
    const fault = {
      inject: async () => void told.push('inject'),
      repair: async () => void told.push('repair'),
      ...halves,
    } as unknown as Fault;
    const faultSwitch = new FaultSwitch(fault, {
      cluster: {} as Cluster,
      stop: over.signal,
      watcher: {
        fault: () => void told.push('FAULT'),
        repair: () => void told.push('REPAIR'),
        problem: (message) => void told.push(`PROBLEM ${message}`),
      },
      times: { faultMs: 1, repairMs: 2 },
    });
    return { faultSwitch, told, over };
  }

  it('is broken once until it is mended, and mended once until it is broken, by its own halves', async () => {
    const { faultSwitch, told } = inHand();
    await faultSwitch.repair();
    expect(told).toEqual([]);
    await faultSwitch.break();
    await faultSwitch.break();
    expect(told.splice(0)).toEqual(['inject', 'FAULT']);
    await faultSwitch.repair();
    await faultSwitch.repair();
    expect(told.splice(0)).toEqual(['repair', 'REPAIR']);
    await faultSwitch.break();
    expect(told).toEqual(['inject', 'FAULT']);
  });

  it('is told by the story’s times until it is broken again, and then there is no repair yet', async () => {
    const { faultSwitch } = inHand();
    expect(faultSwitch.times).toEqual({ faultMs: 1, repairMs: 2 });
    await faultSwitch.break();
    expect(faultSwitch.times.faultMs).toBeGreaterThan(1);
    expect(faultSwitch.times.repairMs).toBeUndefined();
    await faultSwitch.repair();
    expect(faultSwitch.times.repairMs).toBeGreaterThanOrEqual(faultSwitch.times.faultMs ?? Number.NaN);
  });

  it('is left alone while something is under way', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { faultSwitch, told } = inHand({ inject: () => held });
    const broken = faultSwitch.break();
    await faultSwitch.break();
    await faultSwitch.repair();
    expect(told).toEqual([]);
    release();
    await broken;
    expect(told).toEqual(['FAULT']);
  });

  it('may be tried again and undone when it failed half-way', async () => {
    let failures = 2;
    const inject = async () => {
      if (failures-- > 0) throw new Error('zk1 does not lead');
    };
    const { faultSwitch, told } = inHand({ inject });
    await faultSwitch.break();
    expect(told.splice(0)).toEqual(['PROBLEM zk1 does not lead']);
    await faultSwitch.repair();
    expect(told.splice(0)).toEqual(['repair', 'REPAIR']);
    await faultSwitch.break();
    await faultSwitch.break();
    expect(told).toEqual(['PROBLEM zk1 does not lead', 'FAULT']);
  });

  it('says nothing of what the end has cut short', async () => {
    const { faultSwitch, told, over } = inHand({ inject: (_, stop) => waitFor(stop) });
    const broken = faultSwitch.break();
    await turn();
    over.abort(new Error('interrupted'));
    await broken;
    expect(told).toEqual([]);
  });
});

function waitFor(stop: AbortSignal): Promise<void> {
  return new Promise((_, reject) => stop.addEventListener('abort', () => reject(stop.reason)));
}

describe('the command line', () => {
  it('says which keys and signals break and mend what is kept', () => {
    const [keep] = /--keep[\s\S]*?(?=--json)/.exec(usage(FAULTS)) ?? [''];
    for (const word of [' b ', ' r ', 'Ctrl-C', 'SIGUSR1', 'SIGUSR2']) expect(keep).toContain(word);
  });

  it('lists every fault, with its system and title', () => {
    for (const { id, system, title } of FAULTS)
      expect(usage(FAULTS)).toMatch(`  ${id.padEnd(4)} ${system.name}: ${title}\n`);
  });

  it('takes one fault, the one with a failed block pool unless named, and the flags there are', () => {
    expect(parseArguments([])).toEqual({ fault: 'f13', keep: false, json: false, help: false });
    expect(parseArguments(['f4', '--keep'])).toEqual({ fault: 'f4', keep: true, json: false, help: false });
    expect(() => parseArguments(['f4', 'f5'])).toThrow('one fault at a time, not f4 and f5');
    expect(() => parseArguments(['--fast'])).toThrow('--fast');
  });
});
