// @ts-check
// The day as a chart that can be looked into: RTT with its spread, loss on a second axis, what was not measured hatched.

import UPlot from "../vendor/uplot/uPlot.esm.js";
import { axis } from "./axis.js";
import { begins, ends, placeOf } from "./day.js";
import { options } from "./look.js";

/** @typedef {import("./day.js").Day} Day */
/** @typedef {{from: number, to: number}} Span */

const LEAST_SLOTS = 6;

export class Chart {
  /**
   * @param {HTMLElement} box what it fills
   * @param {Day} day
   */
  constructor(box, day) {
    this.day = day;
    this.span = whole(day);
    this.scale = this.#scaleOf(this.span);
    /** Called where the cursor moved. */
    this.moved = () => {};
    /** Called where another part of the day is shown. */
    this.zoomed = () => {};
    const { width, height } = box.getBoundingClientRect();
    this.plot = new UPlot(options(this, width, height), this.#columns(), box);
    this.sizes = new ResizeObserver(() => this.plot.setSize({ width: box.clientWidth, height: box.clientHeight }));
    this.sizes.observe(box);
  }

  /**
   * Show a part of the day, or all of it; never less than half an hour, and nothing beyond it.
   * @param {Span} span
   */
  show({ from, to }) {
    const { from: first, to: last } = whole(this.day);
    const length = Math.min(last - first, Math.max(to - from, LEAST_SLOTS * this.day.slot_seconds));
    const begin = Math.max(first, Math.min(from, last - length));
    this.span = { from: begin, to: begin + length };
    this.scale = this.#scaleOf(this.span);
    this.plot.batch(() => {
      this.plot.setScale("x", { min: this.span.from, max: this.span.to });
      this.plot.setScale("ms", { min: 0, max: this.scale.top });
    });
    this.zoomed();
  }

  showAll() { this.show(whole(this.day)); }

  /**
   * The day with what came meanwhile: who looks at its end goes on with it, who looks at something else keeps it.
   * @param {Day} day
   */
  renew(day) {
    const [before, { from, to }] = [whole(this.day), this.span];
    const moved = to >= before.to ? ends(day) - before.to : 0;
    this.day = day;
    this.plot.setData(this.#columns(), false);
    if (from <= before.from && to >= before.to) this.showAll();
    else this.show({ from: from + moved, to: to + moved });
  }

  /** The slot under the cursor; null where it is elsewhere. */
  get place() {
    const { left } = this.plot.cursor;
    return left === undefined || left < 0 ? null : placeOf(this.day, this.plot.posToVal(left, "x"));
  }

  /**
   * Put the cursor on a slot.
   * @param {number} place
   */
  point(place) { this.plot.setCursor({ left: this.plot.valToPos(begins(this.day, place + 0.5), "x"), top: 0 }); }

  redraw() { this.plot.redraw(); }

  destroy() {
    this.sizes.disconnect();
    this.plot.destroy();
  }

  /** @param {Span} span */
  #scaleOf({ from, to }) {
    const seen = [placeOf(this.day, from), placeOf(this.day, to - 1) + 1];
    return axis(this.day.rtt_seconds.slice(...seen), this.day.high_seconds.slice(...seen));
  }

  /** @returns {import("../vendor/uplot/uPlot.esm.js").AlignedData} */
  #columns() {
    const { day } = this;
    return [day.loss_ratio.map((_, place) => begins(day, place)), day.loss_ratio, day.high_seconds, day.rtt_seconds];
  }
}

/**
 * @param {Day} day
 * @returns {Span}
 */
const whole = (day) => ({ from: day.first, to: ends(day) });
