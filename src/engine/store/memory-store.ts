// SPDX-License-Identifier: Apache-2.0
/**
 * Views in memory. Maps keep their order of insertion, and a touched subject or view is put in anew, so the first of
 * each map is always the one least recently seen: eviction needs no other bookkeeping. O(1) per observation.
 */
import type { Identity } from '../../model/identity.js';
import type { Observation, ObservationSource } from '../../model/observation.js';
import {
  ENTRIES_PER_VIEW_MAX,
  EVIDENCE_PER_VIEW_MAX,
  type Panorama,
  type View,
  type ViewEntry,
} from '../../model/view.js';
import type { Store, StoreCounts, SubjectRef } from './store.js';

interface MemoryView extends View {
  revision: number;
  readonly entries: ViewEntry[];
}

interface MemoryPanorama extends Panorama {
  subject: Identity;
  readonly viewsByKey: Map<string, MemoryView>;
}

export interface MemoryStoreOptions {
  /** Views kept in all; about 4 kB each when full. Default 50 000. */
  readonly viewCountMax?: number | undefined;
}

export class MemoryStore implements Store {
  readonly #viewCountMax: number;
  readonly #panoramas = new Map<string, MemoryPanorama>();
  #viewCount = 0;
  #evictedViewCount = 0;
  #evictedSubjects: SubjectRef[] = [];

  constructor(options: MemoryStoreOptions = {}) {
    this.#viewCountMax = options.viewCountMax ?? 50_000;
  }

  append(observation: Observation, atMs: number): void {
    const { id, status, reason, count, windowMs, evidence } = observation;
    const panorama = this.#touch(observation.environment, {
      text: observation.subject,
      resolution: observation.resolution,
    });
    const view = this.#touchView(panorama, observation.observer, observation.operation, observation.source);
    insert(view, { id, status, reason, count, atMs, windowMs, evidence });
  }

  panorama({ environment, subject }: SubjectRef): Panorama | undefined {
    return this.#panoramas.get(subjectKey(environment, subject));
  }

  subjects(): Iterable<Panorama> {
    return this.#panoramas.values();
  }

  rename(environment: string, from: string, to: Identity): boolean {
    const key = subjectKey(environment, from);
    const source = this.#panoramas.get(key);
    if (!source || from === to.text) return false;
    this.#panoramas.delete(key);
    this.#viewCount -= source.viewsByKey.size;
    const target = this.#touch(environment, to);
    for (const { observer, operation, source: speaker, entries } of source.viewsByKey.values()) {
      const view = this.#touchView(target, observer, operation, speaker);
      for (const entry of entries) insert(view, entry);
    }
    return true;
  }

  expire(beforeMs: number): readonly SubjectRef[] {
    const emptied: SubjectRef[] = [];
    for (const [key, panorama] of this.#panoramas) {
      for (const [viewKey, { entries }] of panorama.viewsByKey) {
        if ((entries.at(-1)?.atMs ?? 0) >= beforeMs) continue;
        panorama.viewsByKey.delete(viewKey);
        this.#viewCount--;
      }
      if (panorama.viewsByKey.size > 0) continue;
      this.#panoramas.delete(key);
      emptied.push({ environment: panorama.environment, subject: panorama.subject.text });
    }
    return emptied;
  }

  takeEvicted(): readonly SubjectRef[] {
    const evicted = this.#evictedSubjects;
    this.#evictedSubjects = [];
    return evicted;
  }

  counts(): StoreCounts {
    return { subjects: this.#panoramas.size, views: this.#viewCount, evictedViews: this.#evictedViewCount };
  }

  #touch(environment: string, subject: Identity): MemoryPanorama {
    const key = subjectKey(environment, subject.text);
    let panorama = this.#panoramas.get(key);
    if (panorama) {
      // An instance or a service is known better than an address; never the other way round.
      if (panorama.subject.resolution === 'address') panorama.subject = subject;
      this.#panoramas.delete(key);
    } else {
      const viewsByKey = new Map<string, MemoryView>();
      panorama = { environment, subject, viewsByKey, views: { [Symbol.iterator]: () => viewsByKey.values() } };
    }
    this.#panoramas.set(key, panorama);
    return panorama;
  }

  #touchView(
    { viewsByKey }: MemoryPanorama,
    observer: string,
    operation: string,
    source: ObservationSource,
  ): MemoryView {
    const key = `${source} ${observer} ${operation}`;
    let view = viewsByKey.get(key);
    if (view) {
      viewsByKey.delete(key);
    } else {
      if (this.#viewCount >= this.#viewCountMax) this.#evict();
      view = { revision: 0, observer, operation, source, entries: [] };
      this.#viewCount++;
    }
    viewsByKey.set(key, view);
    return view;
  }

  /** Forgets the oldest view of the subject least recently touched. */
  #evict(): void {
    for (const [key, { environment, subject, viewsByKey }] of this.#panoramas) {
      const oldest = viewsByKey.keys().next().value;
      if (oldest !== undefined) {
        viewsByKey.delete(oldest);
        this.#viewCount--;
        this.#evictedViewCount++;
      }
      if (viewsByKey.size === 0) {
        this.#panoramas.delete(key);
        this.#evictedSubjects.push({ environment, subject: subject.text });
      }
      if (oldest !== undefined) return;
    }
  }
}

function subjectKey(environment: string, subject: string): string {
  return `${environment} ${subject}`;
}

/** Keeps a view in order of time; deliveries may overtake each other, though seldom by more than a place or two. */
function insert(view: MemoryView, entry: ViewEntry): void {
  const { entries } = view;
  let index = entries.length;
  while (index > 0 && isLater(entries[index - 1] as ViewEntry, entry)) index--;
  entries.splice(index, 0, entry);
  if (entries.length > ENTRIES_PER_VIEW_MAX) entries.shift();
  if (entry.evidence.length > 0) trimEvidence(entries);
  view.revision++;
}

/** Takes the traces off the older entries, past the bound. */
function trimEvidence(entries: ViewEntry[]): void {
  let room = EVIDENCE_PER_VIEW_MAX;
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index] as ViewEntry;
    if (entry.evidence.length > room) entries[index] = { ...entry, evidence: entry.evidence.slice(0, room) };
    room -= Math.min(room, entry.evidence.length);
  }
}

/** By time; at the same time by id, so that the order of delivery decides nothing. */
function isLater(a: ViewEntry, b: ViewEntry): boolean {
  return a.atMs > b.atMs || (a.atMs === b.atMs && a.id > b.id);
}
