// SPDX-License-Identifier: Apache-2.0
/**
 * A node graph as SVG, from the columns that Grafana's reads: who points at somebody stands to the left of him. There must be nodes, and
 * whoever is at an end of an edge must be one of them; Grafana's panel breaks where they are missing, so this one does.
 */
import type { Panel } from '../dashboard-expressions.js';
import { escaped, type Size } from './markup.js';
import type { Series } from './panel-data.js';

/** Of a node where there is room, and what is written below it. */
const RADIUS_MAX_PX = 40;
const NAME_PX = 44;

type Labels = Readonly<Record<string, string>>;

export function nodeGraph(panel: Panel, series: readonly Series[], size: Size): string {
  const rowsOf = (refId: string) => series.filter((each) => each.refId === refId).map(({ labels }) => labels);
  const [nodes, edges] = [rowsOf('nodes'), rowsOf('edges')];
  if (nodes.length === 0) throw new Error(`${panel.title}: an answer without nodes has no column of their ids`);
  const { places, radius } = placesOf(nodes, edges, size);
  const placeOf = (id = ''): readonly [number, number] => {
    const place = places.get(id);
    if (!place) throw new Error(`${panel.title}: an edge leads to ${id}, which is no node`);
    return place;
  };
  const drawnEdges = edges.map((edge) => drawnEdge(edge, placeOf(edge['source']), placeOf(edge['target']), radius));
  const drawnNodes = nodes.map((node) => drawnNode(node, placeOf(node['id']), radius));
  const marker =
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="#9a9ca5"/></marker></defs>';
  return `<svg width="${size.width}" height="${size.height}">${marker}${drawnEdges.join('')}${drawnNodes.join('')}</svg>`;
}

/** In columns, by the longest way that leads to each; where ways go round, a node stays where it was put first. */
function placesOf(nodes: readonly Labels[], edges: readonly Labels[], { width, height }: Size) {
  const columns = new Map(nodes.map(({ id = '' }) => [id, 0]));
  for (let round = 0; round < nodes.length; round++) {
    for (const { source = '', target = '' } of edges) {
      const wanted = (columns.get(source) ?? 0) + 1;
      if (wanted > (columns.get(target) ?? 0) && wanted < nodes.length && source !== target)
        columns.set(target, wanted);
    }
  }
  const used = [...new Set(columns.values())].sort((a, b) => a - b);
  const places = new Map<string, readonly [number, number]>();
  let room = height;
  for (const [index, column] of used.entries()) {
    const members = [...columns].filter(([, each]) => each === column).map(([id]) => id);
    room = Math.min(room, height / members.length);
    members.forEach((id, row) => {
      places.set(id, [((index + 0.5) * width) / used.length, ((row + 0.5) * height) / members.length - NAME_PX / 2]);
    });
  }
  return { places, radius: Math.max(8, Math.min(RADIUS_MAX_PX, (room - NAME_PX) / 2)) };
}

function drawnNode(node: Labels, [x, y]: readonly [number, number], radius: number): string {
  const { title = '', subtitle = '', mainstat = '', secondarystat = '', color = '#8e8e8e' } = node;
  const text = (at: number, content: string, size: number) =>
    `<text x="${x}" y="${at}" text-anchor="middle" fill="#d8d9de" font-size="${size}">${escaped(content)}</text>`;
  return [
    `<circle cx="${x}" cy="${y}" r="${radius}" fill="#181b1f" stroke="${color}" stroke-width="4"/>`,
    text(y, mainstat, 11),
    text(y + 14, secondarystat, 10),
    text(y + radius + 18, title, 12),
    text(y + radius + 33, subtitle, 11),
  ].join('');
}

function drawnEdge(
  edge: Labels,
  from: readonly [number, number],
  to: readonly [number, number],
  radius: number,
): string {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy) || 1;
  const shift = (place: readonly [number, number], by: number) => [
    place[0] + (by * dx) / length,
    place[1] + (by * dy) / length,
  ];
  const [[x1, y1], [x2, y2]] = [shift(from, radius + 3), shift(to, -radius - 4)] as [number[], number[]];
  const line = `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${edge['color'] ?? '#9a9ca5'}" stroke-width="1.5" marker-end="url(#arrow)"/>`;
  const label = `<text x="${(from[0] + to[0]) / 2}" y="${(from[1] + to[1]) / 2 - 6}" text-anchor="middle" fill="#d8d9de" font-size="11">${escaped(edge['mainstat'] ?? '')}</text>`;
  return line + label;
}
