// The view that writes: the demo model's text as it comes, and what is left of its mark once words
// are changed.

import { attack, prepare } from './attack.js';
import { Superseded } from './client.js';
import { $, complain, debounced, el, withPowers } from './dom.js';
import { EvidencePlot } from './evidence-plot.js';
import { Meter } from './meter.js';
import { StrengthChart } from './strength-chart.js';
import { TextView, legend } from './text-view.js';
import { brief, kind, onceIn, words } from './verdict.js';

const ATTACKS = ['replace', 'delete', 'shuffle'];
const TOKENS_A_SECOND = 40;
const CURVE_STEPS = 10;
const FRESH = 'fresh';

const reducesMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

export class WriteView {
  constructor({ state, client, keys, openInCheck }) {
    Object.assign(this, { state, client, keys, openInCheck });
    this.tokens = new TextView($('write-tokens'));
    this.plot = new EvidencePlot($('write-plot'), { id: 'write-plot-title', title: 'Evidence along the text', pick: token => this.tokens.reveal(token) });
    this.meter = new Meter($('meter'));
    this.chart = new StrengthChart($('strength-chart'));
    this.attackSeed = 1;
    this.announce = debounced(text => {
      $('announcement').textContent = text;
    }, () => 1200);
    /** The evidence of the last text with the mark and of the last without, for comparison. */
    this.last = { marked: null, plain: null };
    this.isKeyGone = false;

    $('write-marked').addEventListener('click', () => this.write(true));
    $('write-plain').addEventListener('click', () => this.write(false));
    $('seed-new').addEventListener('click', () => {
      $('seed').value = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
      complain($('seed'), $('seed-error'));
    });
    $('write-skip').addEventListener('click', () => this.finishTyping?.());
    $('write-key').addEventListener('change', () => this.#listKeys());
    $('write-key-save').addEventListener('click', () => this.keys.saveFile($('write-key').value).catch(() => {}));
    $('attack-reset').addEventListener('click', () => {
      for (const name of ATTACKS) $(`attack-${name}`).value = 0;
      this.attack();
    });
    $('attack-seed').addEventListener('click', () => {
      this.attackSeed += 1;
      this.#prepare();
      this.attack();
    });
    $('to-check').addEventListener('click', () => this.openInCheck(this.attacked, this.scheme));
    for (const name of ATTACKS) $(`attack-${name}`).addEventListener('input', () => this.attack());
    for (const name of ['delta', 'temperature', 'length']) $(name).addEventListener('input', () => this.#readSliders());
    $('family').addEventListener('change', () => this.#readSliders());
    state.addEventListener('change', ({ detail }) => {
      if (detail.includes('keys')) {
        this.#listKeys();
        this.#followKey();
      }
      if (detail.includes('alpha') && this.text && this.#hasKey()) this.#askAgain();
    });
    this.#listKeys();
    this.#readSliders();
  }

  #hasKey() {
    return this.state.keys.some(key => key.id === this.key);
  }

  /** Without its key nothing is said of the text; with the key back, the same as before. */
  #followKey() {
    if (!this.text || this.#hasKey() === !this.isKeyGone) return;
    this.isKeyGone = !this.isKeyGone;
    this.finishTyping?.();
    for (const id of ['attack', 'write-plots', 'write-legend', 'meter']) $(id).hidden = this.isKeyGone;
    $('write-tokens').classList.toggle('colourless', this.isKeyGone);
    complain(null, $('write-error'));
    if (!this.isKeyGone) return this.#askAgain();
    for (const channel of ['attack', 'curves']) this.client.forget(channel);
    $('write-verdict').dataset.kind = 'none';
    $('write-word').textContent = 'The key was removed';
    for (const id of ['write-number', 'write-caveat', 'write-compare']) $(id).textContent = '';
    $('write-sentence').textContent = `This text was written with the key ${this.key}. Add it again in Check, or write a new text.`;
    this.announce(`${$('write-word').textContent}. ${$('write-sentence').textContent}`);
  }

  #askAgain() {
    this.attack();
    this.#drawCurves();
  }

  #listKeys() {
    const { keys } = this.state;
    const chosen = $('write-key').value;
    $('write-key').replaceChildren(...keys.map(({ id, label }) => el('option', { value: id, title: `${id} (${label})` }, `${id.slice(0, 8)} · ${label.split(':')[0]}`)), el('option', { value: FRESH }, 'a fresh random key'));
    const isThere = keys.some(key => key.id === chosen) || chosen === FRESH;
    $('write-key').value = isThere ? chosen : (keys[0]?.id ?? FRESH);
    $('write-key-save').hidden = !keys.find(key => key.id === $('write-key').value)?.isFresh;
  }

  #readSliders() {
    const isGreen = this.chosenScheme.includes('green');
    $('delta').disabled = !isGreen;
    $('delta').closest('.slider').classList.toggle('is-off', !isGreen);
    $('delta-value').textContent = isGreen ? Number($('delta').value).toFixed(2) : 'of green only';
    $('temperature-value').textContent = Number($('temperature').value).toFixed(1);
    $('length-value').textContent = $('length').value;
  }

  get chosenScheme() {
    return document.querySelector('input[name="family"]:checked').value;
  }

  get strengths() {
    return Object.fromEntries(ATTACKS.map(name => [name, Number($(`attack-${name}`).value) / 100]));
  }

  /** The key to write with; a fresh one is drawn if that was chosen. */
  async #key() {
    const chosen = $('write-key').value;
    if (chosen !== FRESH) return chosen;
    const id = await this.keys.fresh();
    if (id) $('write-key').value = id;
    this.#listKeys();
    return id;
  }

  async write(isMarked) {
    for (const name of ['prompt', 'seed', 'write']) complain($(name), $(`${name}-error`));
    const seed = Number($('seed').value);
    if ($('seed').value.trim() === '' || !Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
      return complain($('seed'), $('seed-error'), 'a whole number from 0 to 4294967295');
    }
    if ($('prompt').value === '') return complain($('prompt'), $('prompt-error'), 'the prompt is empty: give the model a beginning');
    if ($('prompt').value.length > 10_000) return complain($('prompt'), $('prompt-error'), 'the limit for a prompt is 10,000 characters');
    const options = {
      prompt: $('prompt').value,
      tokens: Number($('length').value),
      temperature: Number($('temperature').value),
      seed,
      scheme: this.chosenScheme,
      delta: Number($('delta').value),
      ignoreEnd: true,
    };
    try {
      const key = await this.#key();
      if (!key) throw new Error('no key could be made: in Check, there is a message beside the keys');
      const { text } = await this.client.newest('write', 'write', { key: isMarked ? key : null, options });
      Object.assign(this, { key, scheme: options.scheme, isMarked, text, attacked: text });
      for (const name of ATTACKS) $(`attack-${name}`).value = 0;
      this.#prepare();
      this.#followKey();
      await this.#showWritten();
    } catch (error) {
      this.#fail(error);
    }
  }

  config() {
    return { ...this.state.config(), profiles: [], keys: [this.key], scheme: this.scheme, tokenizer: 'demo', missing: null, normalise: false };
  }

  #prepare() {
    this.prepared = prepare(this.text, this.attackSeed);
  }

  async #showWritten() {
    const detection = await this.client.newest('attack', 'detect', { text: this.text, ids: null, name: '-', config: this.config() });
    $('write-empty').hidden = true;
    $('written').hidden = false;
    this.last[this.isMarked ? 'marked' : 'plain'] = detection.evidence;
    // The scale is that of the unattacked text, and stays while it is attacked.
    const power = -detection.evidence.ln_p / Math.LN10;
    this.most = Math.max(12, 2 * -Math.log10(this.state.alpha), Math.ceil(power * 1.1));
    this.#readAttacks();
    this.#drawCurves();
    if (reducesMotion()) this.show(this.text, detection);
    else await this.#type(detection);
  }

  /** Shows the text token by token, and the evidence as it grows. */
  #type(detection) {
    const { text } = this;
    this.finishTyping?.();
    const n = detection.starts.length;
    let shown = 0;
    let asked = 0;
    // A view of its own for the spans; the container's is filled at the end.
    this.tokens.show(text, detection);
    const line = el('div', { class: 'paragraph' });
    // It has its height from the start, so that nothing below moves.
    $('write-tokens').style.minHeight = `${$('write-tokens').offsetHeight}px`;
    $('write-tokens').replaceChildren(line);
    $('write-legend').replaceChildren(...legend(detection.scheme.family, detection.evidence.spans.length > 0));
    $('write-skip').hidden = false;
    this.plot.show(detection);
    const started = performance.now();
    const end = () => {
      clearInterval(timer);
      this.finishTyping = null;
      $('write-skip').hidden = true;
      $('write-tokens').style.minHeight = '';
      if (this.text === text) this.show(text, detection);
    };
    const step = () => {
      const due = Math.min(n, Math.floor(((performance.now() - started) * TOKENS_A_SECOND) / 1000));
      for (; shown < due; shown++) {
        const span = this.tokens.span(shown);
        if (!span) continue;
        span.classList.add('t-new');
        line.append(span);
      }
      $('write-tokens').scrollTop = $('write-tokens').scrollHeight;
      if (shown >= n) return end();
      if (performance.now() - asked > 200 && shown > 0) {
        asked = performance.now();
        this.#soFar(text, text.slice(0, detection.ends[shown - 1]));
      }
    };
    const timer = setInterval(step, 1000 / TOKENS_A_SECOND);
    this.finishTyping = end;
  }

  async #soFar(text, beginning) {
    try {
      const [evidence] = await this.client.newest('attack', 'evidence', { texts: [beginning], config: this.config() });
      if (this.finishTyping && this.text === text) this.#tell(evidence);
    } catch (error) {
      this.#fail(error);
    }
  }

  #readAttacks() {
    for (const name of ATTACKS) $(`attack-${name}-value`).textContent = `${$(`attack-${name}`).value} %`;
  }

  /** Attacks the text as the sliders say, and shows what is left. */
  async attack() {
    this.finishTyping?.();
    this.#readAttacks();
    const text = attack(this.prepared, this.strengths);
    this.attacked = text;
    try {
      const detection = await this.client.newest('attack', 'detect', { text, ids: null, name: '-', config: this.config() });
      this.show(text, detection);
    } catch (error) {
      this.#fail(error);
    }
  }

  show(text, detection) {
    this.client.forget('attack');
    this.tokens.show(text, detection);
    this.plot.show(detection);
    $('write-legend').replaceChildren(...legend(detection.scheme.family, detection.evidence.spans.length > 0));
    this.#tell(detection.evidence);
    this.announce(`${$('write-word').textContent}. ${$('write-sentence').textContent}`);
  }

  #tell(evidence) {
    const said = words(evidence);
    $('write-verdict').dataset.kind = said.kind;
    $('write-word').textContent = said.word;
    $('write-number').replaceChildren(withPowers(onceIn(evidence.ln_p)));
    $('write-sentence').replaceChildren(withPowers(said.sentence));
    $('write-caveat').textContent = said.caveat;
    this.meter.show({ lnP: evidence.ln_p, alpha: this.state.alpha, most: this.most });
    const { marked, plain } = this.last;
    const compared = marked && plain && marked.scheme === plain.scheme && marked.key_id === plain.key_id;
    const line = (name, { ...of }) => `${name} ${brief(of)}, ${onceIn(of.ln_p)}`;
    $('write-compare').replaceChildren(
      withPowers(compared ? `The texts as they were written: ${line('with the mark', marked)}; ${line('without it', plain)}.` : this.isMarked ? '' : 'Written without a mark, for comparison.'),
    );
  }

  async #drawCurves() {
    const config = this.config();
    const { text } = this;
    const strengths = Array.from({ length: CURVE_STEPS + 1 }, (_, i) => i / CURVE_STEPS);
    const texts = ATTACKS.flatMap(name => strengths.map(strength => attack(this.prepared, { [name]: strength })));
    try {
      const found = await this.client.newest('curves', 'evidence', { texts, config });
      if (this.text !== text) return;
      const powers = found.map(evidence => evidence.ln_p);
      this.chart.show(Object.fromEntries(ATTACKS.map((name, i) => [name, powers.slice(i * strengths.length, (i + 1) * strengths.length)])), this.state.alpha);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    if (error instanceof Superseded || this.isKeyGone) return;
    complain(null, $('write-error'), error.message);
  }
}
