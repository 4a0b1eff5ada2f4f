// SPDX-License-Identifier: Apache-2.0
/** A node of the map, its shape by its part in a failure, and the legend that says which is which. */
import type { JSX } from 'preact';
import { NODE_HEIGHT_PX, NODE_WIDTH_PX } from '../state/layout.js';
import { instanceCount, type MapNode, type Role } from '../state/map.js';
import { countText, glyphOf, shortName, statusWords } from '../state/words.js';

/** Characters that a node has room for, and one whose corners are cut. */
const NAME_LENGTH_MAX = 22;
const CULPRIT_NAME_LENGTH_MAX = 18;
/** How far the corners of a culprit are cut, in heights of it. */
const CUT = 0.3;

/** A culprit has six corners and is filled, a victim has round ends and a broken line; everybody else is a box. */
function Outline({ role, width, height }: { role: Role | undefined; width: number; height: number }): JSX.Element {
  const [right, bottom] = [width / 2, height / 2];
  if (role === 'culprit') {
    const cut = right - CUT * height;
    return (
      <polygon
        points={`${-cut},${-bottom} ${cut},${-bottom} ${right},0 ${cut},${bottom} ${-cut},${bottom} ${-right},0`}
      />
    );
  }
  return <rect x={-right} y={-bottom} width={width} height={height} rx={role === 'victim' ? bottom : 5} />;
}

interface NodeParts {
  readonly node: MapNode;
  readonly href: string;
}

export function Node({ node, href }: NodeParts): JSX.Element {
  const { name, environment, status, role, isService } = node;
  const state = stateText(node);
  const words = role ? `${state}, ${role}` : state;
  return (
    <a class={`node s-${status}${role ? ` ${role}` : ''}`} href={href}>
      <title>{`${name} ${words}${environment === '' ? '' : ` (${environment})`}${isService ? '; opens its instances' : ''}`}</title>
      <Outline role={role} width={NODE_WIDTH_PX} height={NODE_HEIGHT_PX} />
      <text class="title" y="-4">
        {glyphOf(status)} {shortName(name, role === 'culprit' ? CULPRIT_NAME_LENGTH_MAX : NAME_LENGTH_MAX)}
        {isService ? ' ▸' : ''}
      </text>
      <text class="state" y="14">
        {words}
      </text>
    </a>
  );
}

function stateText(node: MapNode): string {
  if (!node.isService) return statusWords(node.status);
  const total = instanceCount(node);
  if (node.illCount > 0) return `${node.illCount} of ${total} not well`;
  return `${countText(total, 'instance')}, ${statusWords(node.status)}`;
}

const ROLES = [
  { role: 'culprit', words: 'culprit: at fault', status: 'unhealthy' },
  { role: 'victim', words: 'victim: fails for the fault of another', status: 'unhealthy' },
  { role: undefined, words: 'anybody else', status: 'healthy' },
] as const;

const EDGES = [
  { kind: 'call', words: 'calls' },
  { kind: 'complaint', words: 'calls and complains' },
  { kind: 'blame', words: 'way to the culprit' },
] as const;

export function Legend(): JSX.Element {
  return (
    <ul class="legend" aria-label="Legend">
      {ROLES.map(({ role, words, status }) => (
        <li key={words}>
          <svg
            width="34"
            height="18"
            viewBox="-17 -9 34 18"
            aria-hidden="true"
            class={`node s-${status} ${role ?? ''}`}
          >
            <Outline role={role} width={30} height={14} />
          </svg>
          {words}
        </li>
      ))}
      {EDGES.map(({ kind, words }) => (
        <li key={kind}>
          <svg width="34" height="18" viewBox="0 -9 34 18" aria-hidden="true">
            <path class={`edge e-${kind}`} d="M2,0H24" marker-end={`url(#end-${kind})`} />
          </svg>
          {words}
        </li>
      ))}
    </ul>
  );
}
