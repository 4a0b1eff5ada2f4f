// SPDX-License-Identifier: Apache-2.0
/** An application that loads something before it starts its SDK, and again afterwards. */
require('node:http');
require('./app.cjs');
