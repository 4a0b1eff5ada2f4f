// SPDX-License-Identifier: Apache-2.0
/** `npm run dashboards`: writes what Grafana reads. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { dashboardFiles } from './dashboards.js';

const FOLDER = path.resolve(import.meta.dirname, '../../dashboards');

for (const [file, text] of dashboardFiles()) writeFileSync(path.join(FOLDER, file), text);
