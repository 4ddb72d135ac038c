// The few shorthands for the document.

export const $ = id => document.getElementById(id);

/** An element with properties and children; `class` and `aria-…` as in HTML. */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key in element && key !== 'role') element[key] = value;
    else element.setAttribute(key === 'class' ? 'class' : key, value);
  }
  element.append(...children);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Text in which `10^14` stands as 10¹⁴ for the eye, and as it is for who reads the text alone. */
export function withPowers(text) {
  const fragment = document.createDocumentFragment();
  text.split(/\^(-?\d+)/).forEach((part, i) => {
    if (i % 2 === 0) fragment.append(part);
    else fragment.append(el('span', { class: 'caret' }, '^'), el('sup', {}, part.replace('-', '−')));
  });
  return fragment;
}

/** Shows a message beside a field, or takes it away; the field says so to assistive technology. */
export function complain(field, place, message) {
  place.textContent = message ?? '';
  place.hidden = !message;
  // A message that is folded away is none.
  if (message) place.closest('details')?.setAttribute('open', '');
  if (message) field?.setAttribute('aria-invalid', 'true');
  else field?.removeAttribute('aria-invalid');
}

/**
 * Calls `act` once calls have ceased for a while.
 *
 * - `delay`: a function that gives it, in ms.
 * - `most`: so long after the first call it acts even if they do not cease.
 */
export function debounced(act, delay, most = Infinity) {
  let timer = null;
  let since = 0;
  return (...values) => {
    const now = performance.now();
    if (timer === null) since = now;
    clearTimeout(timer);
    const wait = Math.max(0, Math.min(delay(), since + most - now));
    timer = setTimeout(() => {
      timer = null;
      act(...values);
    }, wait);
  };
}

export const count = (n, thing, things = `${thing}s`) => `${n.toLocaleString('en-GB')} ${n === 1 ? thing : things}`;
