// SPDX-License-Identifier: Apache-2.0
/**
 * Where one is, as it stands in the address: the view, whose it is, and everything that was chosen. `#/subject/prod/datanode%2Fdn2`,
 * `#/fleet?status=unhealthy&q=dn2`. Pure.
 */
export const VIEWS = ['fleet', 'matrix', 'map', 'subject', 'history'] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Route {
  readonly view: ViewName;
  /** Of the view `subject`. */
  readonly environment: string;
  readonly subject: string;
  /** Everything else that was chosen. */
  readonly chosen: Readonly<Record<string, string>>;
}

export const HOME: Route = { view: 'fleet', environment: '', subject: '', chosen: {} };

/** What cannot be read leads to the fleet. */
export function routeIn(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s);
  const [name, ...parts] = path.split('/');
  const view = VIEWS.find((each) => each === name);
  if (view === undefined) return HOME;
  const chosen = Object.fromEntries([...new URLSearchParams(query)].filter(([, value]) => value !== ''));
  if (view !== 'subject') return { ...HOME, view, chosen };
  const [environment, subject] = [decoded(parts[0]), decoded(parts.slice(1).join('/'))];
  return environment === undefined || !subject ? HOME : { view, environment, subject, chosen };
}

export function hashOf({ view, environment, subject, chosen }: Route): string {
  const whose = view === 'subject' ? `/${encodeURIComponent(environment)}/${encodeURIComponent(subject)}` : '';
  const query = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value !== '')).toString();
  return `#/${view}${whose}${query === '' ? '' : `?${query}`}`;
}

/** The address of a subject's own view. */
export function subjectHash({
  environment,
  subject,
}: {
  readonly environment: string;
  readonly subject: string;
}): string {
  return hashOf({ ...HOME, view: 'subject', environment, subject });
}

/** The same view with something chosen otherwise; empty text takes a choice back. */
export function choosing(route: Route, changes: Readonly<Record<string, string>>): Route {
  const chosen = Object.entries({ ...route.chosen, ...changes }).filter(([, value]) => value !== '');
  return { ...route, chosen: Object.fromEntries(chosen) };
}

function decoded(text = ''): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
