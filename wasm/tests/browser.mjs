// How tests and benches start Chromium.

/** Options for playwright-core's `chromium.launch`: no sandbox, which root cannot have, and nothing that talks to the network by itself. */
export const launchOptions = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
