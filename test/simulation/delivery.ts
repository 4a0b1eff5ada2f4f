// SPDX-License-Identifier: Apache-2.0
/**
 * The network between observers and the engine: it loses requests, holds them up, lets one overtake another, and delivers
 * some twice. An exporter that finds no engine tries again a few times.
 */
import type { Calendar } from './calendar.js';
import type { Dice } from './dice.js';
import type { Parcel } from './parcels.js';

/** One request in twelve is held up for up to 5 s, one in three hundred for up to 20 s. */
const LATE_SHARE = 1 / 12;
const LATE_MAX_MS = 5000;
const VERY_LATE_SHARE = 1 / 300;
const VERY_LATE_MAX_MS = 20_000;

/** One in fifty is sent again although it had arrived: its acknowledgement was lost. */
const TWICE_SHARE = 1 / 50;

const RETRY_COUNT_MAX = 5;

export class Delivery {
  readonly #dice: Dice;
  readonly #calendar: Calendar;
  readonly #lossShare: number;
  /** Takes a parcel; whether there was anybody to take it. */
  readonly #receive: (parcel: Parcel) => boolean;
  lostCount = 0;

  constructor(dice: Dice, calendar: Calendar, lossShare: number, receive: (parcel: Parcel) => boolean) {
    this.#dice = dice;
    this.#calendar = calendar;
    this.#lossShare = lossShare;
    this.#receive = receive;
  }

  send(parcel: Parcel): void {
    const nowMs = this.#calendar.nowMs;
    const isMute = parcel.from.troubles.some(({ mode, fault }) => mode === 'mute' && fault.lastsAt(nowMs));
    if (isMute || this.#dice.happens(this.#lossShare)) {
      this.lostCount++;
      return;
    }
    this.#deliver(parcel, this.#delayMs(), 0);
    if (this.#dice.happens(TWICE_SHARE)) this.#deliver(parcel, this.#delayMs() + this.#dice.between(500, 5000), 0);
  }

  #deliver(parcel: Parcel, delayMs: number, retries: number): void {
    this.#calendar.at(this.#calendar.nowMs + delayMs, () => {
      if (this.#receive(parcel) || retries >= RETRY_COUNT_MAX) return;
      this.#deliver(parcel, this.#dice.between(1000, 3000), retries + 1);
    });
  }

  #delayMs(): number {
    const delayMs = this.#dice.between(2, 150);
    if (this.#dice.happens(LATE_SHARE)) return delayMs + this.#dice.between(0, LATE_MAX_MS);
    if (this.#dice.happens(VERY_LATE_SHARE)) return delayMs + this.#dice.between(0, VERY_LATE_MAX_MS);
    return delayMs;
  }
}
