// SPDX-License-Identifier: Apache-2.0
/** Lanes over time, with an axis: what lasted as bars, the taller the worse, and what happened as marks. Pointing at something, or arrow keys, say what it is. */
import { useSignal } from '@preact/signals';
import { type ScaleTime, scaleTime } from 'd3-scale';
import type { JSX, TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { useRef } from 'preact/hooks';
import { badness } from '../state/fleet.js';
import { itemAt, type Lane, type LaneItem, moved, nearestItem, type Place } from '../state/lanes.js';
import { TimeAxis } from './time-axis.js';
import { useWidth } from './width.js';

const LANE_PX = 26;
const AXIS_PX = 26;

/** How far from what is meant a pointer may be, in px. */
const SLACK_PX = 8;

/** A bar is never too thin to be seen. */
const BAR_PX_MIN = 2;

export interface LanesParts {
  readonly lanes: readonly Lane[];
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly label: string;
}

export function Lanes({ lanes, sinceMs, untilMs, label }: LanesParts): JSX.Element {
  const plot = useRef<HTMLDivElement>(null);
  const widthPx = useWidth(plot);
  const place = useSignal<Place | undefined>(undefined);
  const scale = scaleTime([sinceMs, untilMs], [0, Math.max(widthPx, 1)]);
  const chosen = itemAt(lanes, place.value);
  const heightPx = lanes.length * LANE_PX;

  const point = (event: TargetedPointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const lane = Math.floor((event.clientY - box.top) / LANE_PX);
    const atMs = scale.invert(event.clientX - box.left).getTime();
    const item = nearestItem(lanes[lane], atMs, (SLACK_PX * (untilMs - sinceMs)) / Math.max(widthPx, 1));
    place.value = item === undefined ? undefined : { lane, item };
  };
  const press = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    if (event.key === 'Escape') place.value = undefined;
    if (!/^(Arrow|Home|End)/.test(event.key)) return;
    event.preventDefault();
    place.value = moved(lanes, place.value, event.key);
  };
  return (
    <div class="lanes">
      <p class="readout" role="status">
        {chosen ? (
          <>
            <b>{lanes[place.value?.lane ?? 0]?.label}</b> {chosen.words}
          </>
        ) : (
          <span class="dim">Point at something, or use the arrow keys, to read what it is.</span>
        )}
      </p>
      <div class="lanes-body">
        <ul class="lane-names">
          {lanes.map(({ key, label: name, href, note, isInner }) => (
            <li key={key} class={isInner ? 'inner' : ''} title={note ? `${name}: ${note}` : name}>
              {href === undefined ? <span>{name}</span> : <a href={href}>{name}</a>}
              {note && <small>{note}</small>}
            </li>
          ))}
        </ul>
        <div
          ref={plot}
          class="lane-plot"
          role="group"
          aria-label={`${label}. Arrow keys move from one to the next.`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move in it
          tabIndex={0}
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => {
            place.value = undefined;
          }}
          onKeyDown={press}
        >
          <svg width={widthPx} height={heightPx + AXIS_PX} aria-hidden="true">
            <TimeAxis scale={scale} topPx={heightPx} widthPx={widthPx} />
            {lanes.map((lane, row) => (
              <g key={lane.key} transform={`translate(0,${row * LANE_PX})`}>
                <line class="lane-floor" x2={widthPx} y1={LANE_PX - 0.5} y2={LANE_PX - 0.5} />
                {lane.items.map((item) => (
                  <Item key={`${item.fromMs} ${item.status}`} item={item} scale={scale} isChosen={item === chosen} />
                ))}
              </g>
            ))}
          </svg>
        </div>
      </div>
    </div>
  );
}

interface ItemParts {
  readonly item: LaneItem;
  readonly scale: ScaleTime<number, number>;
  readonly isChosen: boolean;
}

function Item({ item, scale, isChosen }: ItemParts): JSX.Element {
  const leftPx = scale(item.fromMs);
  const widthPx = Math.max(BAR_PX_MIN, scale(item.toMs) - leftPx);
  const heightPx = item.count === undefined ? barPx(item) : Math.min(20, 5 + 4 * Math.log2(item.count));
  return (
    <rect
      class={`bar b-${item.status}${isChosen ? ' chosen' : ''}`}
      x={leftPx}
      y={LANE_PX - 3 - heightPx}
      width={item.count === undefined ? widthPx : Math.max(3, widthPx)}
      height={heightPx}
      rx={1}
    />
  );
}

/** The worse the taller: healthy is a thin line. */
function barPx({ status }: LaneItem): number {
  const worst = badness(status);
  if (worst <= badness('unhealthy')) return 20;
  if (status === 'maybe_unhealthy') return 13;
  return status === 'pending' ? 8 : status === 'healthy' ? 4 : 2;
}
