// SPDX-License-Identifier: Apache-2.0
/** The map as a drawing. Where things stand is reckoned only when there are others; a change of colour moves nothing. */
import type { JSX, TargetedFocusEvent } from 'preact';
import { useMemo } from 'preact/hooks';
import { laidOut, shapeText } from '../state/layout.js';
import type { FleetMap, MapNode } from '../state/map.js';
import { Node } from './map-node.js';
import { useZoom } from './zoom.js';

interface DrawingParts {
  readonly map: FleetMap;
  /** Where a node leads. */
  readonly hrefOf: (node: MapNode) => string;
}

export function MapDrawing({ map, hrefOf }: DrawingParts): JSX.Element {
  const shape = shapeText(map);
  // The shape is all of the map that a layout depends on.
  const laid = useMemo(() => laidOut(map), [shape]);
  const byPlace = [...map.nodes].flatMap((node) => {
    const at = laid.nodes.get(node.key);
    return at ? [{ node, at }] : [];
  });
  byPlace.sort((a, b) => a.at.x - b.at.x || a.at.y - b.at.y);
  // Heard here, for a browser takes a part of a drawing that hears of the focus for one that can have it.
  const onFocusIn = (event: TargetedFocusEvent<HTMLDivElement>): void => {
    const node = (event.target as Element).closest<SVGGElement>('[data-node]');
    const at = node && byPlace[Number(node.dataset['node'])]?.at;
    if (at) show(at.x, at.y);
  };
  const worst = byPlace.find(({ node }) => node.role === 'culprit') ?? byPlace.find(({ node }) => node.illCount > 0);
  const { svg, stage, showAll, nearer, farther, show } = useZoom(laid, (worst ?? byPlace[0])?.at);
  return (
    <div class="map" onFocusIn={onFocusIn}>
      <svg ref={svg} role="group" aria-label="Who calls whom, callers on the left">
        <defs>
          {['call', 'complaint', 'blame'].map((kind) => (
            <marker
              key={kind}
              id={`end-${kind}`}
              class={`e-${kind}`}
              viewBox="0 0 10 10"
              refX="9"
              refY="5"
              markerWidth={kind === 'blame' ? 15 : 9}
              markerHeight={kind === 'blame' ? 15 : 9}
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0,0L10,5L0,10z" />
            </marker>
          ))}
        </defs>
        <g ref={stage}>
          <g>
            {map.edges.map(({ key, kind }) => (
              <path key={key} class={`edge e-${kind}`} d={laid.edges.get(key)} marker-end={`url(#end-${kind})`} />
            ))}
          </g>
          {byPlace.map(({ node, at: { x, y } }, index) => (
            <g key={node.key} transform={`translate(${x},${y})`} data-node={index}>
              <Node node={node} href={hrefOf(node)} />
            </g>
          ))}
        </g>
      </svg>
      <p class="tools">
        <button type="button" aria-label="Nearer" onClick={nearer}>
          +
        </button>
        <button type="button" aria-label="Farther" onClick={farther}>
          −
        </button>
        <button type="button" onClick={showAll}>
          Fit
        </button>
      </p>
    </div>
  );
}
