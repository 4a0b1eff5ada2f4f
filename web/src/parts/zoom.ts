// SPDX-License-Identifier: Apache-2.0
/** A drawing that is moved with the mouse, with fingers, or with buttons: d3-zoom as a hook. Until somebody moves it, it fits. */
import { select } from 'd3-selection';
import { type ZoomBehavior, zoom, zoomIdentity, zoomTransform } from 'd3-zoom';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Point } from '../state/layout.js';

const SCALE_MIN = 0.1;
const SCALE_MAX = 3;
/** One press of a button. */
const STEP = 1.4;
/** A small drawing is not blown up. */
const FIT_SCALE_MAX = 1.1;
/** Below this no name can be read. A drawing that would be smaller begins with a part of it. */
const READABLE_SCALE = 0.5;

export interface Zoomed {
  readonly svg: RefObject<SVGSVGElement | null>;
  /** What is moved in it. */
  readonly stage: RefObject<SVGGElement | null>;
  showAll(): void;
  nearer(): void;
  farther(): void;
  /** Brings a point into sight if it is not. */
  show(x: number, y: number): void;
}

interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** @param first what is shown first where not all of it can be read */
export function useZoom({ widthPx, heightPx }: Size, first: Point | undefined): Zoomed {
  const svg = useRef<SVGSVGElement>(null);
  const stage = useRef<SVGGElement>(null);
  const behavior = useRef<ZoomBehavior<SVGSVGElement, unknown> | undefined>(undefined);
  /** What is kept while there is another drawing, or another size of the window. */
  const kept = useRef<'beginning' | 'all' | 'place'>('beginning');
  const drawn = useRef({ widthPx, heightPx, first });
  drawn.current = { widthPx, heightPx, first };
  const showAll = (): void => {
    const { current: element } = svg;
    if (!element || !behavior.current || drawn.current.widthPx === 0) return;
    const { widthPx, heightPx } = drawn.current;
    const { clientWidth, clientHeight } = element;
    const scale = Math.max(SCALE_MIN, Math.min(FIT_SCALE_MAX, clientWidth / widthPx, clientHeight / heightPx));
    const [x, y] = [(clientWidth - widthPx * scale) / 2, (clientHeight - heightPx * scale) / 2];
    behavior.current.transform(select(element), zoomIdentity.translate(x, y).scale(scale));
  };
  const begin = (): void => {
    showAll();
    const { current: element } = svg;
    const { first: point } = drawn.current;
    if (!element || !behavior.current || !point || zoomTransform(element).k >= READABLE_SCALE) return;
    behavior.current.scaleTo(select(element), READABLE_SCALE);
    behavior.current.translateTo(select(element), point.x, point.y);
  };
  const keep = (): void => {
    if (kept.current === 'beginning') begin();
    if (kept.current === 'all') showAll();
  };
  useLayoutEffect(() => {
    const element = svg.current as SVGSVGElement;
    behavior.current = zoom<SVGSVGElement, unknown>()
      .scaleExtent([SCALE_MIN, SCALE_MAX])
      .on('zoom', ({ transform, sourceEvent }: { transform: object; sourceEvent: Event | null }) => {
        if (sourceEvent) kept.current = 'place';
        stage.current?.setAttribute('transform', String(transform));
      });
    select(element).call(behavior.current);
    const resized = new ResizeObserver(() => {
      keep();
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      select(element).on('.zoom', null);
    };
  }, []);
  useLayoutEffect(() => {
    keep();
  }, [widthPx, heightPx]);
  const scaleBy = (factor: number): void => {
    if (!svg.current) return;
    kept.current = 'place';
    behavior.current?.scaleBy(select(svg.current), factor);
  };
  return {
    svg,
    stage,
    showAll: () => {
      kept.current = 'all';
      showAll();
    },
    nearer: () => scaleBy(STEP),
    farther: () => scaleBy(1 / STEP),
    show: (x, y) => {
      const { current: element } = svg;
      if (!element) return;
      const [left, top] = zoomTransform(element).apply([x, y]);
      if (left > 0 && top > 0 && left < element.clientWidth && top < element.clientHeight) return;
      kept.current = 'place';
      behavior.current?.translateTo(select(element), x, y);
    },
  };
}
