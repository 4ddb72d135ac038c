// Evidence along a text: how far the score runs ahead of chance, counted token by counted token.

const REPEATED = 1;

/**
 * - returns: `at`, the token of each counted position; `ahead`, score − chance after it; `variance`, of one score by chance.
 */
export function series({ shades, scores }, { family, chance_score: chance }) {
  let n = 0;
  for (const shade of shades) n += shade > REPEATED ? 1 : 0;
  const at = new Uint32Array(n);
  const ahead = new Float64Array(n);
  let sum = 0;
  for (let i = 0, k = 0; i < shades.length; i++) {
    if (shades[i] <= REPEATED) continue;
    sum += scores[i] - chance;
    at[k] = i;
    ahead[k++] = sum;
  }
  return { at, ahead, variance: family === 'green' ? chance * (1 - chance) : 1 };
}

/** Half the width of the band that chance keeps to in 19 of 20 texts after n counted tokens: two standard deviations. */
export const band = (n, variance) => 2 * Math.sqrt(n * variance);

/** At most `2 · buckets` points of a long line, extremes kept: [[n, ahead], …], n from 1, with the start [0, 0]. */
export function thin(ahead, buckets) {
  const points = [[0, 0]];
  const size = Math.max(1, Math.ceil(ahead.length / buckets));
  for (let from = 0; from < ahead.length; from += size) {
    const to = Math.min(from + size, ahead.length);
    let low = from;
    let high = from;
    for (let i = from; i < to; i++) {
      if (ahead[i] < ahead[low]) low = i;
      if (ahead[i] > ahead[high]) high = i;
    }
    for (const i of new Set([Math.min(low, high), Math.max(low, high)])) points.push([i + 1, ahead[i]]);
  }
  if (ahead.length > 0 && points[points.length - 1][0] !== ahead.length) points.push([ahead.length, ahead[ahead.length - 1]]);
  return points;
}

/** Index of the first element that is not below `value`, in a sorted array. */
export function lowerBound(sorted, value) {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
