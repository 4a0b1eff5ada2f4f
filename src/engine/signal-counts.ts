// SPDX-License-Identifier: Apache-2.0
/** What came beside spans, since the start. Apart, because whoever tells of it need not know who counts it. */

export interface SignalCounts {
  logRecords: number;
  /** Error logs that belong to a span. */
  errorLogs: number;
  dataPoints: number;
}
