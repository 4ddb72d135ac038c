// What the drawings share: a width in real pixels, so that their letters keep their size, and
// scales.

/** Calls `draw(width)` now and whenever the width of the figure changes. */
export class Drawing {
  constructor(figure) {
    this.figure = figure;
    this.width = 0;
    // In a frame of its own: a drawing that changes sizes while they are observed is an error.
    new ResizeObserver(() => requestAnimationFrame(() => {
      const width = Math.round(figure.clientWidth);
      if (width === this.width || width === 0) return;
      this.width = width;
      this.redraw();
    })).observe(figure);
  }

  redraw() {
    this.width ||= Math.round(this.figure.clientWidth);
    if (this.width > 0 && this.isReady()) this.draw(this.width);
  }
}

/** Round steps from `low` to `high`, about `wanted` of them. */
export function ticks(low, high, wanted) {
  const rough = (high - low) / wanted;
  if (!(rough > 0)) return [low];
  const unit = 10 ** Math.floor(Math.log10(rough));
  const factors = unit >= 10 ? [1, 2, 2.5, 5, 10] : [1, 2, 5, 10];
  const step = unit * factors.find(factor => factor * unit >= rough);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step + 0);
  return found;
}

/** A path through points. */
export const path = points => points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

export const number = value => (Math.round(10 * value) / 10 + 0).toLocaleString('en-GB').replace('-', '−');
