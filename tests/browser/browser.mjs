// Chromium, and small tools for looking at a page. Chromium is the one of the machine: nothing is
// downloaded here.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

// Without these, Chromium knocks at hosts that a test must not need.
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launch() {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath}`);
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Opens a context, hands it to `work`, and closes it whatever happens. */
export async function within(browser, options, work) {
  const context = await browser.newContext(options);
  try {
    return await work(await context.newPage(), context);
  } finally {
    await context.close();
  }
}

/** What the browser complains of: errors on the console, broken policies, failed requests. */
export function complaints(page) {
  const heard = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) heard.push(message.text());
  });
  page.on('pageerror', (error) => heard.push(String(error)));
  page.on('requestfailed', (request) => {
    // Whoever goes to the next page before an icon has come gives it up.
    if (request.failure()?.errorText === 'net::ERR_ABORTED') return;
    heard.push(`failed: ${request.url()}`);
  });
  return heard;
}

/** The words of a page with their white space in order. */
export async function words(page, selector = 'body') {
  return (await page.locator(selector).innerText()).replace(/\s+/g, ' ').trim();
}

/** What holds the keyboard's focus, as a short name. */
export async function focus(page) {
  return page.evaluate(() => {
    const held = document.activeElement;
    if (!held || held === document.body) return 'nothing';
    return held.getAttribute('href') ?? held.getAttribute('name') ?? held.tagName.toLowerCase();
  });
}
