// SPDX-License-Identifier: Apache-2.0
/** Long lists of which only what is looked at is drawn: TanStack Virtual as a hook. */
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

export interface VirtualParts {
  readonly count: number;
  /** Of an item, in pixels. */
  readonly sizePx: number;
  readonly scroller: RefObject<HTMLElement | null>;
  readonly horizontal?: boolean;
  /** Taken by what sticks to the beginning. */
  readonly paddingPx?: number;
}

export interface Shown {
  readonly items: readonly VirtualItem[];
  readonly totalPx: number;
  scrollTo(index: number): void;
}

export function useVirtual({ count, sizePx, scroller, horizontal = false, paddingPx = 0 }: VirtualParts): Shown {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const options = {
    count,
    horizontal,
    overscan: 6,
    scrollPaddingStart: paddingPx,
    getScrollElement: () => scroller.current,
    estimateSize: () => sizePx,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(undefined as never),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return {
    items: virtualizer.getVirtualItems(),
    totalPx: virtualizer.getTotalSize(),
    scrollTo: (index) => virtualizer.scrollToIndex(index, { align: 'auto' }),
  };
}
