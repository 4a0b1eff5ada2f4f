// SPDX-License-Identifier: Apache-2.0
/** What a process of any language takes, as Linux counts it: CPU time of all its threads, and memory. */
import { readFileSync } from 'node:fs';

/** The unit of CPU times that Linux shows to programs, whatever the kernel counts in. */
const TICKS_PER_SECOND = 100;

/** Places of `utime` and `stime` after the command's name, which may hold anything but ends with the last bracket. */
const UTIME = 11;
const STIME = 12;

const BYTES_PER_KB = 1024;
const BYTES_PER_MB = 1e6;

/** Seconds that a process ran so far, in itself and in the kernel. */
export function cpuSecondsOf(pid: number): number {
  return secondsIn(`/proc/${pid}/stat`);
}

/** Of its first thread alone. */
export function mainCpuSecondsOf(pid: number): number {
  return secondsIn(`/proc/${pid}/task/${pid}/stat`);
}

function secondsIn(file: string): number {
  const stat = readFileSync(file, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
}

export interface Memory {
  /** Resident now, in MB. */
  readonly rssMb: number;
  /** The most that was ever resident. */
  readonly peakMb: number;
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mb = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * BYTES_PER_KB) / BYTES_PER_MB;
  return { rssMb: mb('VmRSS'), peakMb: mb('VmHWM') };
}
