// A result as a page of its own: nothing to press, nothing to load.

import { el } from './dom.js';

/** Elements that only the page can use. */
const CONTROLS = 'button, input, label, .actions, .unseen, .reading, [hidden]';

/**
 * The HTML of a result.
 *
 * - `result`: its element, which is copied.
 * - `facts`: rows of name and value that say which text was checked.
 */
export function page(result, facts) {
  const copy = result.cloneNode(true);
  // What can be pressed for its text alone keeps the text.
  for (const button of copy.querySelectorAll('.passage-list button')) button.replaceWith(el('div', {}, ...button.childNodes));
  for (const element of copy.querySelectorAll(CONTROLS)) element.remove();
  for (const details of copy.querySelectorAll('details')) details.open = true;
  for (const element of copy.querySelectorAll('[tabindex]')) element.removeAttribute('tabindex');
  const title = `Greenmark: ${facts[0][1]}`;
  const head = ['<meta charset="utf-8">', '<meta name="viewport" content="width=device-width, initial-scale=1">', el('title', {}, title).outerHTML, `<style>${styles()}</style>`];
  const body = [el('h1', {}, title).outerHTML, copy.outerHTML];
  return `<!doctype html>\n<html lang="en">\n<head>\n${head.join('\n')}\n</head>\n<body class="report">\n${body.join('\n')}\n</body>\n</html>\n`;
}

/** The rules of this page's style sheets. */
const styles = () => [...document.styleSheets].flatMap(sheet => [...sheet.cssRules].map(rule => rule.cssText)).join('\n');
