// How rare the evidence would be by chance, on a scale of powers of ten, with the level that a
// verdict asks for.

import { el, svg } from './dom.js';
import { Drawing, ticks } from './drawing.js';

const HEIGHT = 46;
const BAR = { top: 4, height: 14 };

export class Meter extends Drawing {
  constructor(figure) {
    super(figure);
    this.canvas = svg('svg', { 'aria-hidden': 'true' });
    this.fill = svg('rect', { class: 'fill', y: BAR.top, height: BAR.height, rx: 3, x: 0 });
    this.frame = svg('g');
    this.levelMark = svg('g');
    this.canvas.append(this.frame, this.fill, this.levelMark);
    figure.replaceChildren(this.canvas, (this.alternative = el('figcaption', { class: 'unseen' })));
  }

  /** - `most`: the power of ten at the end of the scale. */
  show({ lnP, alpha, most }) {
    Object.assign(this, { power: -lnP / Math.LN10, level: -Math.log10(alpha), most });
    this.alternative.textContent = `Evidence: chance gives as much once in 10^${this.power.toFixed(1)} texts. The level asked for is 10^${this.level.toFixed(0)}; the scale ends at 10^${most}.`;
    this.redraw();
  }

  isReady() {
    return this.most !== undefined;
  }

  draw(width) {
    const x = power => (Math.min(power, this.most) / this.most) * (width - 2) + 1;
    const labels = ticks(0, this.most, Math.max(2, Math.floor(width / 110))).filter(Number.isInteger);
    this.canvas.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    this.frame.replaceChildren(
      svg('rect', { class: 'track', x: 1, y: BAR.top, width: width - 2, height: BAR.height, rx: 3 }),
      ...labels
        .filter(power => Math.abs(x(power) - x(this.level)) > 76 || power === 0)
        .map(power => svg('text', { x: x(power), y: 38, 'text-anchor': power === 0 ? 'start' : x(power) > width - 30 ? 'end' : 'middle' }, ...tenTo(power))),
    );
    this.fill.setAttribute('width', Math.max(0, x(this.power) - 1));
    this.levelMark.replaceChildren(
      svg('line', { class: 'level', x1: x(this.level), x2: x(this.level), y1: 0, y2: BAR.top + BAR.height + 5 }),
      svg('text', { class: 'label', x: x(this.level), y: 38, 'text-anchor': 'middle' }, 'level ', ...tenTo(this.level)),
    );
  }
}

const tenTo = power => (power === 0 ? ['1'] : ['1 in 10', svg('tspan', { dy: -4, 'font-size': 9 }, String(Math.round(power)))]);
