// The evidence along a text: how far the score runs ahead of chance, with the band that chance
// keeps to.

import { el, svg } from './dom.js';
import { Drawing, number, path, ticks } from './drawing.js';
import { band, lowerBound, series, thin } from './series.js';

const TOP = 20;
const RIGHT = 12;
const BOTTOM = 38;
const LEFT = 46;

export class EvidencePlot extends Drawing {
  /** - `pick`: called with a token when the reader chooses a place. */
  constructor(figure, { id, title, pick }) {
    super(figure);
    this.pick = pick;
    this.title = el('h4', { id }, title);
    this.caption = el('span', { class: 'hint' });
    this.alternative = el('p', { class: 'unseen' });
    this.canvas = svg('svg');
    // The slider says the same.
    this.reading = el('p', { class: 'reading numbers', 'aria-hidden': 'true' });
    figure.replaceChildren(el('figcaption', {}, this.title, this.caption), this.alternative, this.canvas, this.reading);
  }

  show(detection) {
    this.detection = detection;
    this.series = series(detection, detection.scheme);
    const { at } = this.series;
    const { places, starts } = detection;
    this.stretches = [];
    for (let i = 0; i < places.length; i += 2) {
      const from = lowerBound(at, lowerBound(starts, places[i]));
      const to = lowerBound(at, lowerBound(starts, places[i + 1]));
      this.stretches.push([from, to]);
    }
    this.cursor = null;
    this.redraw();
  }

  isReady() {
    return this.series !== undefined;
  }

  get unit() {
    return this.detection.scheme.family === 'green' ? 'green tokens' : 'nats of score';
  }

  draw(width) {
    const { ahead, variance } = this.series;
    const n = ahead.length;
    const height = width < 480 ? 200 : 240;
    const inner = { left: LEFT, right: width - RIGHT, top: TOP, bottom: height - BOTTOM };
    const points = thin(ahead, Math.max(50, Math.floor((inner.right - inner.left) / 2)));
    const edge = band(Math.max(n, 1), variance);
    const low = Math.min(-edge, ...points.map(([, y]) => y)) * 1.04;
    const high = Math.max(edge, ...points.map(([, y]) => y)) * 1.06;
    this.x = value => inner.left + (value / Math.max(n, 1)) * (inner.right - inner.left);
    this.y = value => inner.bottom - ((value - low) / (high - low)) * (inner.bottom - inner.top);
    this.inner = inner;

    const edges = Array.from({ length: 65 }, (_, i) => (n * i * i) / 4096).map(at => [at, band(at, variance)]);
    const around = [...edges, ...edges.toReversed().map(([at, value]) => [at, -value])];
    const xTicks = ticks(0, n, width < 480 ? 4 : 7).filter(tick => Number.isInteger(tick));
    const picture = svg(
      'g',
      { 'aria-hidden': 'true' },
      ...this.stretches.flatMap(([from, to], i) => this.#stretch(from, to, i)),
      ...ticks(low, high, 4).flatMap(tick => [
        svg('line', { class: 'grid', x1: inner.left, x2: inner.right, y1: this.y(tick), y2: this.y(tick) }),
        svg('text', { x: inner.left - 8, y: this.y(tick) + 4, 'text-anchor': 'end' }, number(tick)),
      ]),
      svg('path', { class: 'band', d: `${path(around.map(([at, value]) => [this.x(at), this.y(value)]))}Z` }),
      svg('line', { class: 'axis', x1: inner.left, x2: inner.right, y1: this.y(0), y2: this.y(0) }),
      ...xTicks.map(tick => svg('text', { x: this.x(tick), y: inner.bottom + 17, 'text-anchor': tick === 0 ? 'start' : 'middle' }, number(tick))),
      svg('text', { x: inner.right, y: height - 4, 'text-anchor': 'end' }, 'counted tokens'),
      svg('path', { class: 'line', d: path(points.map(([at, value]) => [this.x(at), this.y(value)])) }),
    );
    this.mark = svg('g', { class: 'cursor', visibility: 'hidden', 'aria-hidden': 'true' }, svg('line', { y1: inner.top, y2: inner.bottom }), svg('circle', { r: 4.5 }));
    const isFocused = document.activeElement === this.handle;
    this.handle = svg('rect', {
      x: inner.left,
      y: inner.top,
      width: Math.max(0, inner.right - inner.left),
      height: inner.bottom - inner.top,
      fill: 'transparent',
      tabindex: n > 0 ? 0 : -1,
      role: 'slider',
      'aria-label': 'Place along the text; Enter goes there',
      'aria-valuemin': 0,
      'aria-valuemax': n,
      'aria-valuenow': this.cursor ?? n,
    });
    this.#listen(n);
    this.canvas.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.canvas.replaceChildren(picture, this.mark, this.handle);
    if (isFocused) this.handle.focus();
    this.caption.textContent = `Score ahead of chance, in ${this.unit}. At any one place, chance keeps it in the grey band in 19 of 20 texts.`;
    this.#describe();
    this.#read(this.cursor);
  }

  #stretch(from, to, i) {
    const [x1, x2, top] = [this.x(from), this.x(to), this.inner.top];
    return [
      svg('rect', { class: 'stretch', x: x1, y: top, width: Math.max(1, x2 - x1), height: this.inner.bottom - top }),
      svg('line', { class: 'stretch-edge', x1, x2: Math.max(x1 + 1, x2), y1: top, y2: top }),
      svg('text', { class: 'stretch-name', x: (x1 + x2) / 2, y: top - 6, 'text-anchor': 'middle' }, String(i + 1)),
    ];
  }

  #describe() {
    const said = this.stretches.map(([from, to], i) => `Passage ${i + 1} runs from counted token ${from + 1} to ${to}.`);
    this.alternative.textContent = this.series.ahead.length === 0 ? 'Nothing was counted.' : said.join(' ');
  }

  #value(n) {
    const { ahead, variance } = this.series;
    const value = n === 0 ? 0 : ahead[n - 1];
    return `After ${number(n)} counted tokens: ${number(Math.abs(value))} ${this.unit} ${value < 0 ? 'behind' : 'ahead of'} chance, which keeps within ±${number(band(n, variance))}`;
  }

  #read(n) {
    const isShown = n !== null && n <= this.series.ahead.length;
    this.mark.setAttribute('visibility', isShown ? 'visible' : 'hidden');
    this.handle.setAttribute('aria-valuetext', this.#value(isShown ? n : this.series.ahead.length));
    this.reading.textContent = isShown ? `${this.#value(n)}.` : `${this.#value(this.series.ahead.length)}. Point at the line to read it; click to go to the place.`;
    if (!isShown) return;
    this.handle.setAttribute('aria-valuenow', n);
    const [line, circle] = this.mark.children;
    const x = this.x(n);
    line.setAttribute('x1', x);
    line.setAttribute('x2', x);
    circle.setAttribute('cx', x);
    circle.setAttribute('cy', this.y(n === 0 ? 0 : this.series.ahead[n - 1]));
  }

  #listen(n) {
    const move = to => {
      this.cursor = Math.min(n, Math.max(0, Math.round(to)));
      this.#read(this.cursor);
    };
    const at = event => {
      const box = this.handle.getBoundingClientRect();
      return box.width > 0 ? ((event.clientX - box.left) / box.width) * n : 0;
    };
    const go = () => {
      if (n > 0) this.pick(this.series.at[Math.max(0, (this.cursor ?? n) - 1)]);
    };
    this.handle.addEventListener('pointermove', event => move(at(event)));
    this.handle.addEventListener('pointerleave', () => {
      if (document.activeElement === this.handle) return;
      this.cursor = null;
      this.#read(null);
    });
    this.handle.addEventListener('blur', () => {
      this.cursor = null;
      this.#read(null);
    });
    this.handle.addEventListener('click', event => {
      move(at(event));
      go();
    });
    this.handle.addEventListener('focus', () => this.#read((this.cursor ??= n)));
    this.handle.addEventListener('keydown', event => {
      const from = this.cursor ?? n;
      const page = Math.max(1, Math.round(n / 10));
      const to = {
        ArrowLeft: from - 1,
        ArrowDown: from - 1,
        ArrowRight: from + 1,
        ArrowUp: from + 1,
        PageDown: from - page,
        PageUp: from + page,
        Home: 0,
        End: n,
      }[event.key];
      if (to !== undefined) move(to);
      else if (event.key === 'Enter' || event.key === ' ') go();
      else return;
      event.preventDefault();
    });
  }
}
