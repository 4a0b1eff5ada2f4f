// SPDX-License-Identifier: Apache-2.0
/** What OpenTelemetry asks for where ES modules are to be instrumented. */
import { register } from 'node:module';

register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
