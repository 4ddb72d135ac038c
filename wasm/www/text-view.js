// A text with its tokens in colour. A long one is plain text in chunks, and only those near the eye
// have elements for their tokens. Chunks stand in paragraphs, so that no line breaks but where the
// text has a line break.

import { el } from './dom.js';
import { lowerBound } from './series.js';

const CLASSES = ['t-none', 't-again', 't-red', 't-green'];
// Chunks end at a line break once they have so many tokens; at a space, or anywhere, if no line
// break comes.
const ENOUGH = 150;
const LONG = 800;
const TOO_LONG = 2000;
const RENDERED = 60;

/** What the colours mean, with samples. */
export function legend(family, hasPassages) {
  const isGreen = family === 'green';
  const entries = [
    ['t-green', isGreen ? 'green' : 'high score'],
    ['t-red', isGreen ? 'red' : 'low score'],
    ['t-again', 'repeated, not counted again'],
    ['t-none', 'without context'],
  ];
  const samples = entries.map(([name, meaning]) => el('span', { class: `sample ${name}` }, meaning));
  if (hasPassages) samples.push(el('span', { class: 'sample' }, edge(0, true), el('span', { class: 't-in' }, 'a marked passage'), edge(0, false)));
  return samples;
}

export class TextView {
  constructor(container) {
    this.container = container;
    this.chunks = [];
    this.observer = new IntersectionObserver(entries => entries.forEach(entry => this.#see(entry)), {
      root: container,
      rootMargin: '600px 0px',
    });
  }

  /** - `detection`: `{ starts, shades, places }`, offsets in UTF-16. */
  show(text, detection) {
    // Of a text that is being typed, the place in it stays.
    const isSame = this.text?.slice(0, 80) === text.slice(0, 80);
    const scrollTop = isSame ? this.container.scrollTop : 0;
    this.#clear();
    this.text = text;
    this.detection = detection;
    const { places, starts } = detection;
    // Of each passage, its tokens: the first, and the one after the last.
    this.passages = [];
    for (let i = 0; i < places.length; i += 2) {
      this.passages.push({ first: lowerBound(starts, places[i]), last: lowerBound(starts, places[i + 1]) });
    }
    this.chunks = this.#cut().map(range => {
      const element = el('span', { class: 'chunk' }, text.slice(...range.characters));
      element.chunk = Object.assign(range, { element, spans: null });
      return range;
    });
    this.container.classList.toggle('is-long', this.chunks.length > 40);
    this.container.replaceChildren(...this.#paragraphs());
    this.container.scrollTop = scrollTop;
    for (const { element } of this.chunks) this.observer.observe(element);
  }

  #clear() {
    this.observer.disconnect();
    this.chunks = [];
    this.rendered = new Set();
  }

  // Characters that no token covers go with the token before; tokens that share a character show it
  // once, with the first.
  #from(token) {
    const { starts } = this.detection;
    if (token === 0) return 0;
    return token < starts.length ? starts[token] : this.text.length;
  }

  #cut() {
    const { text } = this;
    const n = this.detection.starts.length;
    const chunks = [];
    let first = 0;
    for (let token = 0; token < n; token++) {
      const end = this.#from(token + 1);
      const size = token + 1 - first;
      const isEnd =
        token + 1 === n ||
        (size >= ENOUGH && text[end - 1] === '\n') ||
        (size >= LONG && text[end] === ' ') ||
        size >= TOO_LONG;
      if (!isEnd) continue;
      chunks.push({ first, last: token + 1, characters: [this.#from(first), end] });
      first = token + 1;
    }
    if (n === 0 && text !== '') chunks.push({ first: 0, last: 0, characters: [0, text.length] });
    return chunks;
  }

  #paragraphs() {
    const paragraphs = [];
    let isOpen = false;
    for (const { element, characters } of this.chunks) {
      if (!isOpen) paragraphs.push(el('div', { class: 'paragraph' }));
      paragraphs.at(-1).append(element);
      isOpen = this.text[characters[1] - 1] !== '\n';
    }
    return paragraphs;
  }

  /** Has elements for all tokens, as on paper, where nothing is out of sight. */
  renderAll() {
    for (const chunk of this.chunks) this.#render(chunk);
  }

  #see({ target, isIntersecting }) {
    const { chunk } = target;
    if (isIntersecting) this.#render(chunk);
    else if (this.rendered.size > RENDERED) this.#release(chunk);
  }

  #render(chunk) {
    if (chunk.spans) return;
    chunk.spans = new Map();
    this.rendered.add(chunk);
    const parts = [];
    for (let token = chunk.first; token < chunk.last; token++) {
      this.passages.forEach(({ first }, i) => token === first && parts.push(edge(i, true)));
      const span = this.span(token);
      if (span) {
        chunk.spans.set(token, span);
        parts.push(span);
      }
      this.passages.forEach(({ last }, i) => token + 1 === last && parts.push(edge(i, false)));
    }
    if (parts.length > 0) chunk.element.replaceChildren(...parts);
  }

  #release(chunk) {
    if (!chunk.spans) return;
    chunk.spans = null;
    this.rendered.delete(chunk);
    chunk.element.textContent = this.text.slice(...chunk.characters);
  }

  /** The element of one token; null where another shows its characters. */
  span(token) {
    const text = this.text.slice(this.#from(token), this.#from(token + 1));
    if (text === '') return null;
    const isIn = this.passages.some(({ first, last }) => token >= first && token < last);
    return el('span', { class: CLASSES[this.detection.shades[token]] + (isIn ? ' t-in' : '') }, text);
  }

  /** Scrolls to a token and points it out. */
  reveal(token) {
    const chunk = this.chunks.find(({ last }) => token < last) ?? this.chunks.at(-1);
    if (!chunk) return;
    this.#render(chunk);
    let at = token;
    while (at > chunk.first && !chunk.spans.has(at)) at -= 1;
    const span = chunk.spans.get(at) ?? chunk.element;
    this.container.querySelector('.t-found')?.classList.remove('t-found');
    span.classList.add('t-found');
    const behavior = matchMedia('(prefers-reduced-motion: reduce)').matches || this.chunks.length > 40 ? 'instant' : 'smooth';
    // The box of the text first, so that the text is in sight at all.
    this.container.scrollIntoView({ block: 'nearest', behavior });
    const offset = span.getBoundingClientRect().top - this.container.getBoundingClientRect().top;
    this.container.scrollBy({ top: offset - this.container.clientHeight / 3, behavior });
  }
}

function edge(passage, isStart) {
  const name = `passage ${passage + 1} ${isStart ? 'begins' : 'ends'}`;
  return el('span', { class: 'edge', role: 'img', 'aria-label': name, 'data-label': isStart ? `${passage + 1} ▸` : `◂ ${passage + 1}` });
}
