// The evidence left after each attack alone, against its strength.

import { el, svg } from './dom.js';
import { Drawing, path, ticks } from './drawing.js';

const TOP = 34;
const BOTTOM = 38;
const LEFT = 46;
/** Below this width, every second tick would run into the next. */
const NARROW = 360;
const CLASSES = { replace: '', delete: 'deleted', shuffle: 'shuffled' };
const NAMES = { replace: 'replaced', delete: 'deleted', shuffle: 'shuffled' };

export class StrengthChart extends Drawing {
  constructor(figure) {
    super(figure);
    this.canvas = svg('svg', { 'aria-hidden': 'true' });
    this.alternative = el('p', { class: 'unseen' });
    const caption = el(
      'figcaption',
      {},
      el('h4', { id: 'strength-title' }, 'Evidence against strength'),
      el('span', { class: 'hint' }, 'Each attack alone, on this text: chance would give as much once in 10ⁿ texts.'),
    );
    figure.replaceChildren(caption, this.alternative, this.canvas);
  }

  /** - `curves`: `{ replace: [ln p, …], … }`, at even strengths from 0 to 1. */
  show(curves, alpha) {
    Object.assign(this, { curves, alpha });
    const said = Object.entries(curves).map(
      ([name, values]) => `${NAMES[name]}: ${[0, 0.25, 0.5, 1].map(s => `10^${powerOf(values[Math.round(s * (values.length - 1))]).toFixed(0)} at ${100 * s} %`).join(', ')}`,
    );
    this.alternative.textContent = `Once in so many texts. ${said.join('; ')}.`;
    this.redraw();
  }

  isReady() {
    return this.curves !== undefined;
  }

  draw(width) {
    const height = width < 480 ? 200 : 240;
    const [left, right, top, bottom] = [LEFT, width - 12, TOP, height - BOTTOM];
    const level = -Math.log10(this.alpha);
    const all = Object.values(this.curves).flat().map(powerOf);
    const high = Math.max(level * 1.3, ...all) * 1.05;
    const x = strength => left + strength * (right - left);
    const y = power => bottom - (power / high) * (bottom - top);
    const lines = Object.entries(this.curves).map(([name, values]) => {
      const points = values.map((lnP, i) => [x(i / (values.length - 1)), y(powerOf(lnP))]);
      return svg('path', { class: `line ${CLASSES[name]}`, d: path(points) });
    });
    this.canvas.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.canvas.replaceChildren(
      ...ticks(0, high, 4).flatMap(tick => [
        svg('line', { class: 'grid', x1: left, x2: right, y1: y(tick), y2: y(tick) }),
        svg('text', { x: left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, '10', svg('tspan', { dy: -4, 'font-size': 9 }, String(tick))),
      ]),
      svg('line', { class: 'axis', x1: left, x2: right, y1: bottom, y2: bottom }),
      ...(width < NARROW ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]).map(s => svg('text', { x: x(s), y: bottom + 17, 'text-anchor': { 0: 'start', 1: 'end' }[s] ?? 'middle' }, `${100 * s} %`)),
      svg('text', { x: right, y: height - 4, 'text-anchor': 'end' }, 'share of words'),
      svg('line', { class: 'level', x1: left, x2: right, y1: y(level), y2: y(level) }),
      svg('text', { class: 'label', x: right, y: y(level) - 5, 'text-anchor': 'end' }, 'level'),
      ...lines,
      ...this.#key(width < NARROW ? 0 : left, width),
    );
  }

  #key(left, width) {
    const step = Math.min(110, (width - left) / 3);
    return Object.keys(this.curves).flatMap((name, i) => [
      svg('path', { class: `line ${CLASSES[name]}`, d: `M${left + step * i} 10h20` }),
      svg('text', { class: 'label', x: left + step * i + 26, y: 14 }, NAMES[name]),
    ]);
  }
}

const powerOf = lnP => Math.max(0, -lnP / Math.LN10);
