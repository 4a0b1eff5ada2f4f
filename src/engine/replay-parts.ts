// SPDX-License-Identifier: Apache-2.0
/** What a replay takes, behind one import: the command loads none of it before it is asked to. */
export { RecordedFile } from './recording/recorded-file.js';
export { replay } from './replay.js';
export { JUDGE_NAMES, type JudgeName, judgeOf } from './verdict/presets.js';
