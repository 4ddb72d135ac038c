// The scheme and the question: what is asked of the detector besides key and tokenizer.

import { $, debounced } from './dom.js';

export class Settings {
  constructor(state) {
    this.state = state;
    const typed = debounced(() => {
      // A listed scheme may have been chosen since.
      if ($('scheme').value === '') state.set({ scheme: $('scheme-text').value.trim() });
    }, () => 300);
    $('scheme').addEventListener('change', () => {
      const isOther = $('scheme').value === '';
      $('scheme-other').hidden = !isOther;
      if (!isOther) return state.set({ scheme: $('scheme').value });
      $('scheme-text').value ||= state.scheme;
      $('scheme-text').focus();
      state.set({ scheme: $('scheme-text').value });
    });
    $('scheme-text').addEventListener('input', typed);
    $('alpha').addEventListener('change', () => state.set({ alpha: Number($('alpha').value) }));
    for (const name of ['search', 'normalise']) {
      $(name).addEventListener('change', () => state.set({ [name]: $(name).checked }));
    }
    this.read();
    this.#fold();
  }

  /** On a narrow screen what can wait is folded away. */
  #fold() {
    const wide = matchMedia('(min-width: 60rem), print');
    const apply = () => {
      for (const details of document.querySelectorAll('.fold')) details.open = wide.matches;
    };
    wide.addEventListener('change', apply);
    apply();
  }

  /** Takes what the fields hold: a browser may have filled them after a reload. */
  read() {
    $('scheme-other').hidden = $('scheme').value !== '';
    this.state.set({
      scheme: $('scheme').value || $('scheme-text').value.trim(),
      alpha: Number($('alpha').value),
      search: $('search').checked,
      normalise: $('normalise').checked,
    });
  }

  /** Sets the scheme from elsewhere. */
  choose(scheme) {
    const isListed = [...$('scheme').options].some(option => option.value === scheme);
    $('scheme').value = isListed ? scheme : '';
    $('scheme-other').hidden = isListed;
    if (!isListed) $('scheme-text').value = scheme;
    this.state.set({ scheme });
  }
}
