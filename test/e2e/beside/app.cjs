// SPDX-License-Identifier: Apache-2.0
/** An application in CommonJS, with an SDK of its own or without one. */
const { trace } = require('@opentelemetry/api');
const early = trace.getTracer('early');
const sdk = process.argv[2] === 'own' ? require('./own-sdk.cjs').startOwnSdk() : undefined;
const http = require('node:http');
const httpNames = { ...require('node:http') };
const { work } = require('./work.cjs');

work({ http, httpNames, trace, early }).then(() => sdk?.shutdown());
