// SPDX-License-Identifier: Apache-2.0
/** Takes parts out of a YAML file that we ship, and leaves all else as it stands, comments too. It reads indentation, which is enough for our own files. Pure. */

/**
 * @param paths keys from the top down, such as `['exporters', 'otlp_grpc/backend']`: each goes with what is in it and with the comment
 *   that stands right above it
 * @throws Error where there is no such part, for then the file has changed
 */
export function withoutBlocks(yaml: string, paths: readonly (readonly string[])[]): string {
  return paths.reduce(withoutBlock, yaml);
}

function withoutBlock(yaml: string, path: readonly string[]): string {
  const lines = yaml.split('\n');
  const open: { readonly key: string; readonly indent: number }[] = [];
  for (const [index, line] of lines.entries()) {
    const [, blanks, key] = /^( *)([\w/.-]+):/.exec(line) ?? [];
    if (blanks === undefined || key === undefined) continue;
    while ((open.at(-1)?.indent ?? -1) >= blanks.length) open.pop();
    open.push({ key, indent: blanks.length });
    if (open.length !== path.length || open.some((each, depth) => each.key !== path[depth])) continue;
    const from = firstOfComment(lines, index, blanks.length);
    return [...lines.slice(0, from), ...lines.slice(endOf(lines, index, blanks.length))].join('\n');
  }
  throw new Error(`the file has no ${path.join('.')}`);
}

/** Where the comment above a line begins; the line itself where it has none. */
function firstOfComment(lines: readonly string[], index: number, indent: number): number {
  let first = index;
  while (first > 0 && lines[first - 1]?.startsWith(`${' '.repeat(indent)}#`)) first--;
  return first;
}

/** The first line behind a block: one that is indented no further, and is not empty. Empty lines go with the block. */
function endOf(lines: readonly string[], index: number, indent: number): number {
  let end = index + 1;
  while (end < lines.length) {
    const line = lines[end] ?? '';
    if (line.trim() !== '' && line.search(/\S/) <= indent) break;
    end++;
  }
  // The line between two sections stays, and the end of the file's last line.
  const isOuter = end === lines.length || (lines[end]?.search(/\S/) ?? 0) < indent;
  return lines[end - 1]?.trim() === '' && isOuter ? end - 1 : end;
}
