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

/** An edge runs straight for so far before it bends. */
const STRAIGHT_PX = 24;

const pathOf = line<Point>()
  .x(({ x }) => x)
  .y(({ y }) => y)
  .curve(curveBasis);

/** The same for two maps that differ in colours alone, and so are laid out alike. */
export function shapeText({ nodes, edges }: Shape): string {
  return [...keysOf(nodes), ...keysOf(edges)].join('\n\n');
}

function keysOf(some: readonly { readonly key: string }[]): readonly string[] {
  return some.map(({ key }) => key).sort();
}

/** An edge leaves a node in the middle of its right side and comes to the left side of another, where it does not lead back. */
function pathBetween(from: Point, to: Point, bends: readonly Point[]): string {
  if (to.x - from.x < NODE_WIDTH_PX) return pathOf(bends) ?? '';
  const [start, end] = [
    { x: from.x + NODE_WIDTH_PX / 2, y: from.y },
    { x: to.x - NODE_WIDTH_PX / 2, y: to.y },
  ];
  const [out, into] = [
    { ...start, x: start.x + STRAIGHT_PX },
    { ...end, x: end.x - STRAIGHT_PX },
  ];
  return pathOf([start, out, ...bends.slice(1, -1), into, end]) ?? '';
}

export function laidOut({ nodes, edges }: Shape): Laid {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 90, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const key of keysOf(nodes)) graph.setNode(key, { width: NODE_WIDTH_PX, height: NODE_HEIGHT_PX });
  for (const { from, to } of [...edges].sort((a, b) => (a.key < b.key ? -1 : 1))) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { readonly width?: number; readonly height?: number };
  const at = (key: string): Point => graph.node(key) as Point;
  return {
    widthPx: Number.isFinite(width) ? width : 0,
    heightPx: Number.isFinite(height) ? height : 0,
    nodes: new Map(nodes.map(({ key }) => [key, at(key)])),
    edges: new Map(
      edges.map(({ key, from, to }) => [
        key,
        pathBetween(at(from), at(to), (graph.edge(from, to) as { readonly points: Point[] }).points),
      ]),
    ),
  };
}
