// The page: starts the worker and the views, and shows the view that the address names.

import { CheckView } from './check.js';
import { Client } from './client.js';
import { $ } from './dom.js';
import { KeyPanel } from './keys.js';
import { Settings } from './settings.js';
import { State } from './state.js';
import { TokenizerPanel } from './tokenizers.js';
import { WriteView } from './write.js';

const VIEWS = ['check', 'write'];
const TITLES = { check: 'Greenmark: is this text marked?', write: 'Greenmark: write a marked text and attack it' };

function notify(message) {
  $('notice-text').textContent = message;
  $('notice').hidden = message === '';
}

function showView() {
  const name = location.hash.slice(1);
  // Other names are places in the page.
  if (!VIEWS.includes(name) && !$('check').hidden === !$('write').hidden) return;
  const shown = VIEWS.includes(name) ? name : VIEWS.find(view => !$(view).hidden);
  for (const view of VIEWS) {
    $(view).hidden = view !== shown;
    if (view === shown) $(`nav-${view}`).setAttribute('aria-current', 'page');
    else $(`nav-${view}`).removeAttribute('aria-current');
  }
  document.title = TITLES[shown];
}

const state = new State();
const client = new Client({ restore, report });
const keys = new KeyPanel(state, client);
const tokenizers = new TokenizerPanel(state, client);
const settings = new Settings(state);
const check = new CheckView({ state, client, keys, tokenizers });
new WriteView({ state, client, keys, openInCheck });

function openInCheck(text, scheme) {
  state.set({ tokenizer: 'demo' });
  settings.choose(scheme);
  location.hash = '#check';
  check.setText(text);
  scrollTo(0, 0);
  $('text').focus({ preventScroll: true });
}

/** Gives a new worker what the lost one held. What was asked is not asked again: it may be what the worker died of. */
async function restore() {
  tokenizers.loaded = null;
  const again = state.keys.map(key => client.ask('addKey', key.source));
  again.push(client.ask('hello'));
  const { tokenizer } = state;
  if (tokenizer !== 'demo') {
    // A tokenizer that breaks the worker once more must not be tried for ever.
    state.tokenizer = 'demo';
    again.push(tokenizers.choose(tokenizer));
  }
  await Promise.all(again);
}

function report(reason, isLast) {
  notify(
    isLast
      ? `The detector cannot be started: ${reason}. Load the page again.`
      : `The detector stopped (${reason}) and was started again, with your keys. What you asked last was not answered: a smaller text may do.`,
  );
}

async function start() {
  const { version, demo } = await client.ask('hello');
  $('version').textContent = `Greenmark ${version}`;
  await tokenizers.start(demo);
}

$('notice-close').addEventListener('click', () => notify(''));
addEventListener('hashchange', showView);
// A file that misses its place must not replace the page.
addEventListener('dragover', event => event.preventDefault());
addEventListener('drop', event => {
  event.preventDefault();
  for (const file of event.dataTransfer?.files ?? []) check.takeFile(file);
});
// The last resort: a fault of the page is told to its reader, and goes nowhere else.
addEventListener('unhandledrejection', event => {
  event.preventDefault();
  notify(`Something went wrong in the page: ${event.reason?.message ?? event.reason}`);
});
addEventListener('error', event => {
  event.preventDefault();
  notify(`Something went wrong in the page: ${event.message}`);
});

showView();
start().catch(error => notify(`The detector cannot be started: ${error.message}. Load the page again.`));
