// Texts to try the page with, under the demonstration's key, scheme and tokenizer.

import { attack, prepare } from './attack.js';
import { $ } from './dom.js';

const SCHEME = 'gm1:green,h=1,gamma=64/256';
const PROMPT = 'There was a harbour town by the sea.';
const SEED = 7;
/** Share of words that the edited sample has other words for. */
const EDITED = 0.15;

const PERSON = `The post office in our street closed in March, and nobody made a speech. For a week there was a note in the window, and after that there was only the window. My neighbour, who is eighty-one, still walks there on Tuesdays. She says that it is the walk she needs and not the stamps, but she takes a letter along in case somebody changed their mind.

I wrote to the company to ask where the nearest counter is now. The answer came after nineteen days, by post, and said that letters are no longer the best way to reach them. The counter is four kilometres away, behind the shelves of a shop that sells garden furniture. It opens at ten. When I went, two people were queueing between the parasols, and the man at the till knew all about parcels and nothing about stamps, so we looked up the price together on my telephone.`;

const NOTES = {
  marked: 'Written by the small model in this page, which is clumsy, with the public demonstration key.',
  edited: 'The marked sample, with other words for about one in seven.',
  person: 'Written by a person.',
};
const NAMES = { marked: 'Sample: marked', edited: 'Sample: edited', person: 'Sample: by a person' };

export class Samples {
  constructor({ state, client, keys, settings, check }) {
    Object.assign(this, { state, client, keys, settings, check });
    for (const button of $('samples').querySelectorAll('button')) {
      button.addEventListener('click', () => this.show(button.dataset.sample));
    }
  }

  async show(kind) {
    const key = await this.keys.add({ isDemo: true }, 'public demonstration key');
    if (key === null) return;
    this.state.set({ tokenizer: 'demo' });
    this.settings.choose(SCHEME);
    this.check.setText(await this.#text(kind, key), NAMES[kind], { note: NOTES[kind] });
    $('result').scrollIntoView({ block: 'nearest' });
  }

  async #text(kind, key) {
    if (kind === 'person') return PERSON;
    const options = { prompt: PROMPT, tokens: 220, seed: SEED, scheme: SCHEME, delta: 2.5, ignoreEnd: true };
    const { text } = await this.client.ask('write', { key, options });
    const written = `${PROMPT}${text}`;
    return kind === 'edited' ? attack(prepare(written, SEED), { replace: EDITED }) : written;
  }
}
