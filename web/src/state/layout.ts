// SPDX-License-Identifier: Apache-2.0
/** Where the nodes of the map stand, and how its edges run: callers on the left, whom they call on the right. By Dagre. Pure. */
import { graphlib, layout } from '@dagrejs/dagre';
import { curveBasis, line } from 'd3-shape';

/** Of every node, in pixels. */
export const NODE_WIDTH_PX = 190;
export const NODE_HEIGHT_PX = 46;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Laid {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Middles of the nodes. */
  readonly nodes: ReadonlyMap<string, Point>;
  /** SVG paths. */
  readonly edges: ReadonlyMap<string, string>;
}

interface Shape {
  readonly nodes: readonly { readonly key: string }[];
  readonly edges: readonly { readonly key: string; readonly from: string; readonly to: string }[];
}

const pathOf = line<Point>()
  .x(({ x }) => x)
  .y(({ y }) => y)
  .curve(curveBasis);

/** The same for two maps that differ in colours alone, and so are laid out alike. */
export function shapeText({ nodes, edges }: Shape): string {
  return [...nodes, ...edges].map(({ key }) => key).join('\n\n');
}

export function laidOut({ nodes, edges }: Shape): Laid {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 90, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { key } of nodes) graph.setNode(key, { width: NODE_WIDTH_PX, height: NODE_HEIGHT_PX });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { readonly width?: number; readonly height?: number };
  return {
    widthPx: Number.isFinite(width) ? width : 0,
    heightPx: Number.isFinite(height) ? height : 0,
    nodes: new Map(nodes.map(({ key }) => [key, graph.node(key) as Point])),
    edges: new Map(
      edges.map(({ key, from, to }) => [
        key,
        pathOf((graph.edge(from, to) as { readonly points: Point[] }).points) ?? '',
      ]),
    ),
  };
}
