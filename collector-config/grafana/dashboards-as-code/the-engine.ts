// SPDX-License-Identifier: Apache-2.0
/** The engine itself: whether it takes what it is sent, whether it keeps pace, and what it holds. `docs/metrics.md` says what to watch. */
import { type Dashboard, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { ENGINE_SELF } from './engine-promql.js';
import { engine, frame, UIDS } from './frame.js';
import { lines, stacked, stat, thresholds } from './panels.js';
import { byNumber, GREEN, GREY, ORANGE, RED, YELLOW } from './scales.js';

const INSTANCE = '{{instance}}';

export function theEngine(): Dashboard {
  const plain = thresholds({ from: null, color: GREY });
  const board = frame(UIDS.engine, 'Panorama: the engine', 'Whether the engine takes what it is sent, and keeps pace.')
    .withVariable(engine())
    .withPanel(
      stat('Up for', [{ query: ENGINE_SELF.uptime }])
        .unit('s')
        .thresholds(plain),
    )
    .withPanel(
      stat('Refused', [{ query: ENGINE_SELF.refusedShare }])
        .description('Of all requests: telemetry that is lost or late. `panorama doctor` says whose.')
        .unit('percentunit')
        .decimals(1)
        .thresholds(
          thresholds({ from: null, color: GREEN }, { from: 0.001, color: YELLOW }, { from: 0.05, color: RED }),
        ),
    )
    .withPanel(
      stat('Views in use', [{ query: ENGINE_SELF.viewShare }])
        .description('At 100 % the least recently seen are forgotten; `--view-count-max` raises it.')
        .unit('percentunit')
        .decimals(1)
        .thresholds(thresholds({ from: null, color: GREEN }, { from: 0.8, color: YELLOW }, { from: 1, color: RED })),
    )
    .withPanel(
      stat('Loop delay, p99', [{ query: ENGINE_SELF.loopDelay('p99') }])
        .description('Above 0.1 s verdicts are late.')
        .unit('s')
        .thresholds(thresholds({ from: null, color: GREEN }, { from: 0.1, color: ORANGE }, { from: 1, color: RED })),
    )
    .withPanel(
      stat('History', [{ query: ENGINE_SELF.journalFailing }]).mappings(
        byNumber([
          { value: 0, name: 'kept', color: GREEN },
          { value: 1, name: 'failing', color: RED },
        ]),
      ),
    )
    .withPanel(
      stat('Bridges', [{ query: ENGINE_SELF.bridges }])
        .description('Engines whose verdicts arrive at Prometheus.')
        .thresholds(thresholds({ from: null, color: RED }, { from: 1, color: GREEN })),
    );
  for (const [title, panels] of ROWS) {
    board.withRow(new RowBuilder(title));
    for (const panel of panels()) board.withPanel(panel);
  }
  return board.build();
}

const ROWS: readonly (readonly [title: string, panels: () => readonly ReturnType<typeof lines>[]])[] = [
  [
    'What comes in',
    () => [
      lines('Spans by what they serve for', [{ query: ENGINE_SELF.spans, legend: '{{role}}' }], 'cps').stacking(
        stacked(),
      ),
      lines(
        'Spans without an observation',
        [
          { query: ENGINE_SELF.unobserved, legend: '{{reason}}' },
          { query: ENGINE_SELF.late, legend: 'late' },
        ],
        'cps',
      ),
      lines('Bytes', [{ query: ENGINE_SELF.bytes, legend: '{{transport}} {{signal}}' }], 'Bps').stacking(stacked()),
      lines('Requests', [{ query: ENGINE_SELF.requests, legend: '{{transport}} {{signal}} {{code}}' }], 'reqps'),
      lines(
        'Duration of requests',
        [0.5, 0.95, 0.99].map((each) => ({ query: ENGINE_SELF.duration(each), legend: `p${100 * each}` })),
        's',
      ),
      lines('Bytes not answered yet', [{ query: ENGINE_SELF.inFlight, legend: INSTANCE }], 'bytes'),
    ],
  ],
  [
    'What it holds',
    () => [
      lines('Known', [
        { query: ENGINE_SELF.subjects, legend: 'subjects' },
        { query: ENGINE_SELF.observers, legend: 'observers' },
        { query: ENGINE_SELF.views, legend: 'views' },
        { query: ENGINE_SELF.evidence, legend: 'traces as evidence' },
      ]),
      lines('Held until nothing more is learned of its calls', [
        { query: ENGINE_SELF.heldSpans, legend: 'spans' },
        { query: ENGINE_SELF.heldTraces, legend: 'traces' },
      ]),
      lines(
        'Forgotten, and changes',
        [
          { query: ENGINE_SELF.evictedViews, legend: 'views evicted' },
          { query: ENGINE_SELF.transitions, legend: 'changes of verdicts' },
          { query: ENGINE_SELF.journalLost, legend: 'lost to the history: {{record}}' },
        ],
        'cps',
      ),
    ],
  ],
  [
    'Its process',
    () => [
      lines('CPU', [{ query: ENGINE_SELF.cpu, legend: '{{cpu_mode}}' }], 'percentunit').stacking(stacked()),
      lines(
        'Memory',
        [
          { query: ENGINE_SELF.memory, legend: 'in RAM' },
          { query: ENGINE_SELF.heap, legend: 'heap' },
        ],
        'bytes',
      ),
      lines(
        'How late the event loop is',
        (['p50', 'p99', 'max'] as const).map((each) => ({ query: ENGINE_SELF.loopDelay(each), legend: each })),
        's',
      ),
      lines(
        'Share of time at work',
        [
          { query: ENGINE_SELF.loopBusy, legend: 'event loop' },
          { query: ENGINE_SELF.gc, legend: 'collection of garbage, {{v8js_gc_type}}' },
        ],
        'percentunit',
      ),
      lines('Threads that decode', [
        { query: ENGINE_SELF.decoders, legend: 'ready' },
        { query: ENGINE_SELF.decodersLost, legend: 'lost a second' },
      ]),
      lines(
        'How full it is',
        [
          { query: ENGINE_SELF.viewShare, legend: 'views' },
          { query: ENGINE_SELF.heapShare, legend: 'heap' },
          { query: ENGINE_SELF.inFlightShare, legend: 'bytes not answered yet' },
        ],
        'percentunit',
      ),
      lines('Records that wait for the history', [{ query: ENGINE_SELF.journalWaiting, legend: INSTANCE }]),
    ],
  ],
];
