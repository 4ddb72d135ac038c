// Everything that may go wrong in a page without a test's asking for it, and everything that leaves the page.

import { subscribe, unsubscribe } from "node:diagnostics_channel";

/** Runs in every document before its own scripts. */
function listen() {
  const tell = text => globalThis.greenmarkTestFault(text).catch(() => {});
  addEventListener("unhandledrejection", event => tell(`unhandled rejection: ${event.reason?.message ?? event.reason}`));
  addEventListener("error", event => tell(event.message ? `error: ${event.message}` : `not loaded: ${event.target.outerHTML}`), true);
  addEventListener("securitypolicyviolation", event => tell(`against the policy: ${event.violatedDirective} ${event.blockedURI}`));
  // What no request shows.
  for (const name of ["RTCPeerConnection", "WebTransport", "EventSource"]) {
    const Original = globalThis[name];
    if (!Original) continue;
    globalThis[name] = class extends Original {
      constructor(...values) {
        tell(`a connection: ${name}`);
        super(...values);
      }
    };
  }
}

/**
 * Watches a context from before its first page.
 *
 * - `faults`: uncaught errors and rejections of page and workers, errors and warnings on the console, what the content security
 *   policy refused, notices that the page shows.
 * - `requests`: what the browser asks for over the network, page and workers: `blob:` and `data:` stay inside it.
 * - `arrived`: what reached a server of this process.
 */
export async function watch(context) {
  const faults = [];
  const requests = [];
  const arrived = [];
  await context.exposeFunction("greenmarkTestFault", text => faults.push(text));
  await context.addInitScript(listen);
  context.on("weberror", error => faults.push(`uncaught: ${error.error().message ?? error.error()}`));
  context.on("console", message => {
    if (["error", "warning", "assert"].includes(message.type())) faults.push(`console ${message.type()}: ${message.text()}`);
  });
  context.on("request", request => {
    if (!/^(blob|data):/.test(request.url())) requests.push(`${request.method()} ${request.url()}`);
  });
  context.on("page", page => {
    page.on("websocket", socket => requests.push(`websocket ${socket.url()}`));
    page.on("crash", () => faults.push("the page crashed"));
  });
  const arrive = ({ request }) => arrived.push(`${request.method} ${request.url}`);
  subscribe("http.server.request.start", arrive);
  return {
    faults,
    requests,
    arrived,
    faultsBut: patterns => faults.filter(fault => !patterns.some(pattern => pattern.test(fault))),
    /** Lets the browser say what it still has to say of the last step. */
    async settle(page) {
      if (page.isClosed()) return;
      await page.waitForTimeout(20);
      const notice = await page.locator("#notice:not([hidden]), #unsupported:not([hidden])").allTextContents();
      faults.push(...notice.map(text => `notice: ${text.replace(/\s+/g, " ").trim()}`));
    },
    stop: () => unsubscribe("http.server.request.start", arrive),
  };
}
