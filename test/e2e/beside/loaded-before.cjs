// SPDX-License-Identifier: Apache-2.0
/** An application that loads something before it starts its SDK, and again afterwards. */
require('node:http');
const { trace } = require('@opentelemetry/api');
const early = trace.getTracer('early');
const sdk = require('./own-sdk.cjs').startOwnSdk();
const http = require('node:http');
const { work } = require('./work.cjs');

work({ http, httpNames: { ...http }, trace, early }).then(() => sdk.shutdown());
