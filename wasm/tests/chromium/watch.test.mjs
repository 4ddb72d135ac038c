// The watch itself: what it must see, done on purpose. Without this, "nothing was seen" would say nothing.

import assert from "node:assert/strict";

import { pageTest } from "./page.mjs";

/** What goes wrong, and how it is told. */
const FAULTS = [
  [() => void setTimeout(() => { throw new Error("planted 1"); }), "error: Uncaught Error: planted 1"],
  [() => void Promise.reject(new Error("planted 2")), "unhandled rejection: planted 2"],
  [() => console.error("planted 3"), "console error: planted 3"],
  [() => console.warn("planted 4"), "console warning: planted 4"],
  [() => fetch("http://planted5.invalid/").catch(() => {}), "against the policy: connect-src http://planted5.invalid/"],
  [() => void (new Image().src = "http://planted6.invalid/"), "against the policy: img-src http://planted6.invalid/"],
  [() => new RTCPeerConnection().close(), "a connection: RTCPeerConnection"],
];

pageTest("every fault in the page is seen", { faults: [/planted/, /RTCPeerConnection/] }, async ({ page, watched }) => {
  assert.deepEqual(watched.faults, [], "loading the page is no fault");
  for (const [act, fault] of FAULTS) {
    await page.evaluate(act);
    await page.waitForTimeout(50);
    assert.ok(watched.faults.includes(fault), `${fault} is among ${JSON.stringify(watched.faults)}`);
  }
});

pageTest("what fails in the worker is seen", { faults: [/planted and thrown/, /planted and rejected/, /planted and logged/] }, async ({ page }) => {
  await page.workers()[0].evaluate(() => {
    Promise.reject(new Error("planted and rejected"));
    console.error("planted and logged");
    setTimeout(() => { throw new Error("planted and thrown"); }, 50);
  });
  // It ends the worker, and the page says so.
  await page.getByText("planted and thrown").waitFor();
});

// To the page's own server, which the policy allows.
const REQUESTS = {
  fetch: name => fetch(name),
  post: name => {
    const request = new XMLHttpRequest();
    request.open("POST", name);
    request.send("text");
  },
  beacon: name => navigator.sendBeacon(name, "text"),
  image: name => void (new Image().src = name),
  worker: name => void new Worker(name),
  websocket: name => void new WebSocket(`ws://${location.host}/${name}`),
};

pageTest("every kind of request is seen, in the browser and on the server", { faults: [/404|405|planted/] }, async ({ page, watched }) => {
  const assertSeen = async name => {
    await page.waitForTimeout(150);
    for (const list of [watched.requests, watched.arrived]) assert.ok(list.some(request => request.endsWith(name)), `${name} is among ${list}`);
  };
  for (const [what, act] of Object.entries(REQUESTS)) {
    await page.evaluate(act, `planted-${what}`);
    await assertSeen(`planted-${what}`);
  }
  await page.workers()[0].evaluate(() => void fetch("/planted-in-worker"));
  await assertSeen("planted-in-worker");
});
