// SPDX-License-Identifier: Apache-2.0
/** Every dashboard that is shipped, by the name of its file. */
import { type Dashboard, DashboardLinkPlacement } from '@grafana/grafana-foundation-sdk/dashboard';
import { blameGraph } from './blame-graph.js';
import { fleetOverview } from './fleet-overview.js';
import { observerMatrix } from './observer-matrix.js';
import { oneSubject } from './one-subject.js';
import { theEngine } from './the-engine.js';

const DASHBOARDS: Readonly<Record<string, () => Dashboard>> = {
  'blame.json': blameGraph,
  'engine.json': theEngine,
  'fleet.json': fleetOverview,
  'matrix.json': observerMatrix,
  'subject.json': oneSubject,
};

/** The text of each file. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(DASHBOARDS).map(([file, make]) => [file, `${JSON.stringify(finished(make()), withoutMenu, 2)}\n`]),
  );
}

/** Panels are numbered in order, so that a link to one finds it. */
function finished(dashboard: Dashboard): Dashboard {
  return { ...dashboard, panels: dashboard.panels?.map((panel, index) => ({ ...panel, id: index + 1 })) ?? [] };
}

/** The kit puts each link into a menu, where it does not belong: those of a dashboard are to be seen, and cells have none. */
function withoutMenu(key: string, value: unknown): unknown {
  return key === 'placement' && value === DashboardLinkPlacement.InControlsMenu ? undefined : value;
}
