// SPDX-License-Identifier: Apache-2.0
/** Pieces of a page that several kinds of panels share. */

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Text as HTML. Names come from spans and may hold anything. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A text alone in the middle of a panel. */
export function box(text: string): string {
  return `<div class="box">${escaped(text)}</div>`;
}

/** Names with their colours. */
export function legend(entries: readonly (readonly [name: string, color: string])[]): string {
  const items = entries.map(([name, color]) => `<span><i style="background:${color}"></i>${escaped(name)}</span>`);
  return `<div class="legend">${items.join('')}</div>`;
}
