// SPDX-License-Identifier: Apache-2.0
/** An application of ES modules, with an SDK of its own or without one. */

import http, { get, request } from 'node:http';
import { trace } from '@opentelemetry/api';
import { early, sdk } from './start.mjs';
// Some library of an application does, and then its instrumentation reports connections too. One of ours does as well.
import 'node:net';
import { work } from './work.cjs';

await work({ http, httpNames: { get, request }, trace, early });
await sdk?.shutdown();
