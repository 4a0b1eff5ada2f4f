// SPDX-License-Identifier: Apache-2.0
/**
 * Every path of the cluster as a template. The servers dispatch by it, and the instrumentation of the clients writes it
 * on their spans as `url.template`: a thousand block ids are one operation, `POST /blocks/{id}`, not a thousand.
 */

/** Templates; each `{id}` is a whole path segment. */
const TEMPLATES = [
  '/block-reports',
  '/blocks/{id}',
  '/blocks/{id}/pipeline',
  '/datanodes',
  '/detector',
  '/faults/{id}',
  '/files/{id}',
  '/files/{id}/append',
  '/files/{id}/blocks',
  '/files/{id}/complete',
  '/gossip',
  '/health',
  '/heartbeats',
  '/messages',
  '/mutations',
  '/registrations',
  '/repairs/{id}',
  '/replica-rows/{id}',
  '/rows/{id}',
  '/slots/{id}',
  '/stream-files/{id}',
  '/streams',
] as const;

/** A path read by its template. */
export interface PathMatch {
  readonly template: string;
  /** What stands for `{id}`; empty where the template has none. */
  readonly id: string;
}

/** Ids name files, so they are letters, digits and `_` only. */
const MATCHERS = TEMPLATES.map((template) => ({
  template,
  pattern: new RegExp(`^${template.replace('{id}', '(\\w{1,64})')}$`),
}));

/** The template of a path and the id in it; `undefined` for a path the cluster does not have. */
export function matchPath(path: string): PathMatch | undefined {
  for (const { template, pattern } of MATCHERS) {
    const match = pattern.exec(path);
    if (match) return { template, id: match[1] ?? '' };
  }
  return undefined;
}
