// The page: starts the worker and the views, and shows the view that the address names.

import { CheckView } from './check.js';
import { recall, keep } from './choices.js';
import { Client } from './client.js';
import { $ } from './dom.js';
import { acceptDrops } from './files.js';
import { KeyPanel } from './keys.js';
import { ProfilePanel } from './profiles.js';
import { Samples } from './samples.js';
import { Settings } from './settings.js';
import { State } from './state.js';
import { TokenizerPanel } from './tokenizers.js';
import { WriteView } from './write.js';

const TITLES = { check: 'Greenmark: is this text marked?', write: 'Greenmark: write a marked text and attack it' };

function notify(message) {
  $('notice-text').textContent = message;
  $('notice').hidden = message === '';
}

function showView(name) {
  for (const view of Object.keys(TITLES)) {
    $(view).hidden = view !== name;
    if (view === name) $(`nav-${view}`).setAttribute('aria-current', 'page');
    else $(`nav-${view}`).removeAttribute('aria-current');
  }
  document.title = TITLES[name];
}

/** Names in the address that are no view are places in the page; no name is the first view, to which one may come back. */
function followAddress() {
  const name = location.hash.slice(1) || 'check';
  if (Object.hasOwn(TITLES, name)) showView(name);
}

async function begin() {
  const state = new State();
  const client = new Client({ restore, report });
  const keys = new KeyPanel(state, client);
  const tokenizers = new TokenizerPanel(state, client);
  const settings = new Settings(state);
  const profiles = new ProfilePanel(state, client);
  const check = new CheckView({ state, client, keys, profiles, tokenizers });
  new WriteView({ state, client, keys, openInCheck });
  new Samples({ state, client, keys, settings, check });

  acceptDrops($('text-zone'), files => {
    // What becomes of them is seen there.
    if ($('check').hidden) goToCheck();
    check.takeFiles(files);
  });

  function goToCheck() {
    location.hash = '#check';
    showView('check');
    scrollTo(0, 0);
  }

  function openInCheck(text, scheme) {
    state.set({ tokenizer: 'demo' });
    settings.choose(scheme);
    goToCheck();
    check.setText(text);
    $('text').focus({ preventScroll: true });
  }

  /** Gives a new worker what the lost one held. What was asked is not asked again: it may be what the worker died of. */
  async function restore() {
    tokenizers.loaded = new Set();
    const again = [
      client.ask('hello'),
      ...state.profiles.map(({ json }) => client.ask('addProfile', { json })),
      ...state.keys.map(key => client.ask('addKey', key.source)),
    ];
    const { tokenizer } = state;
    if (tokenizer !== null && tokenizer !== 'demo') {
      // One that breaks the worker once more must not be tried for ever.
      state.tokenizer = null;
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

  const { version, demo } = await client.ask('hello');
  check.result.version = version;
  $('version').textContent = `Greenmark ${version}`;
  const chosen = recall();
  await tokenizers.start(demo);
  await profiles.recall(chosen.profiles);
  if (chosen.scheme) settings.choose(chosen.scheme);
  await tokenizers.recall(chosen.tokenizer);
  state.addEventListener('change', () => keep(state));
}

$('notice-close').addEventListener('click', () => notify(''));
addEventListener('hashchange', followAddress);
// The last resort: a fault of the page is told to its reader, and goes nowhere else.
addEventListener('unhandledrejection', event => {
  event.preventDefault();
  notify(`Something went wrong in the page: ${event.reason?.message ?? event.reason}`);
});
addEventListener('error', event => {
  event.preventDefault();
  if (event.message) notify(`Something went wrong in the page: ${event.message}`);
});

showView('check');
followAddress();
// support.js has said already what is missing.
if (!document.body.classList.contains('is-unsupported')) {
  begin().catch(error => notify(`The detector cannot be started: ${error.message}. Load the page again.`));
}
