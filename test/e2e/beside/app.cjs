// SPDX-License-Identifier: Apache-2.0
/** An application in CommonJS, with an SDK of its own or without one. */
const { trace } = require('@opentelemetry/api');
const { early, sdk } = require('./start.cjs');
const http = require('node:http');
const { work } = require('./work.cjs');

work({ http, httpNames: { ...http }, trace, early }).then(() => sdk?.shutdown());
