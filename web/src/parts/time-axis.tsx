// SPDX-License-Identifier: Apache-2.0
/** The axis of a time, with a line through all lanes at each tick. */
import { axisBottom } from 'd3-axis';
import type { ScaleTime } from 'd3-scale';
import { select } from 'd3-selection';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { tickText } from '../state/words.js';

/** Room that a tick's text takes, in px. */
const TICK_PX = 90;

/** At the very ends there is no room for it. */
const EDGE_PX = 18;

export interface TimeAxisParts {
  readonly scale: ScaleTime<number, number>;
  readonly topPx: number;
  readonly widthPx: number;
}

export function TimeAxis({ scale, topPx, widthPx }: TimeAxisParts): JSX.Element {
  const group = useRef<SVGGElement>(null);
  useLayoutEffect(() => {
    if (!group.current) return;
    const [since, until] = scale.domain() as [Date, Date];
    const ticks = scale
      .ticks(Math.max(2, Math.floor(widthPx / TICK_PX)))
      .filter((at) => scale(at) > EDGE_PX && scale(at) < widthPx - EDGE_PX);
    const axis = axisBottom<Date>(scale)
      .tickValues(ticks)
      .tickSizeInner(-topPx)
      .tickSizeOuter(0)
      .tickPadding(8)
      .tickFormat((at) => tickText(at, until.getTime() - since.getTime()));
    select(group.current).call(axis);
  });
  return <g ref={group} class="axis" transform={`translate(0,${topPx})`} />;
}
