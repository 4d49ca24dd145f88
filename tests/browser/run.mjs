// Looks at every page of a running Readback in Chromium, as its readers do.
//
//   node run.mjs ADDRESS STATEMENT [FOLDER]
//
// STATEMENT is the text that has to stand on every page. FOLDER keeps the printed overview. Prints
// one line for each check, and ends with 1 if one failed.
import { mkdirSync } from 'node:fs';
import { complaints, launch, within } from './browser.mjs';
import { accessible, printed, sound, WIDTHS } from './checks.mjs';
import { coordinator, keyboard, leader, team, withoutScript } from './paths.mjs';

const [address, statement, folder = 'out'] = process.argv.slice(2);
if (!address || !statement) throw new Error('usage: node run.mjs ADDRESS STATEMENT [FOLDER]');
mkdirSync(folder, { recursive: true });

const summary = await (await fetch(`${address}/summary.json`)).json();
const first = (await (await fetch(`${address}/`)).text()).replaceAll('&#x2f;', '/');
const site = { address, statement, folder, summary, ...places(summary, first) };
let failed = 0;

/** Runs a check and says how it went. */
async function check(name, work) {
  try {
    await work();
    console.log(`ok   ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n     ${error.message.replace(/\n/g, '\n     ')}`);
  }
}

/** Pages by name, and the write-ups that the paths open. */
function places(summary, first) {
  const rich = summary.writeups.find((w) => w.still_read && w.link_evidence.length > 0);
  const undated = summary.writeups.find((w) => !w.published_at);
  const to = (writeup) => `/writeups/${encodeURIComponent(writeup.id)}`;
  const pages = {
    overview: '/',
    writeups: '/writeups',
    'writeups, page 2': '/writeups?page=2',
    'writeups, nothing found': '/writeups?q=no-such-word',
    writeup: to(rich),
    quarter: first.match(/href="(\/quarters\/[^"]+)"/)[1],
    reviews: '/reviews',
    links: '/links',
    slices: '/slices',
    explore: '/explore',
    definitions: '/definitions',
    definition: '/definitions/L4',
    privacy: '/privacy',
    api: '/api',
    missing: '/nowhere',
  };
  if (undated) pages['writeup, undated'] = to(undated);
  const [slice] = summary.slices ?? [];
  if (slice) pages.slice = `/slices/${slice.by}/${encodeURIComponent(slice.name)}`;
  return { pages, rich };
}

const browser = await launch();
try {
  for (const width of WIDTHS) {
    for (const colorScheme of ['light', 'dark']) {
      const at = { viewport: { width, height: 900 }, colorScheme };
      const each = async (what, work) => {
        for (const [name, path] of Object.entries(site.pages)) {
          await check(`${name}, ${width} px, ${colorScheme}, ${what}`, () => work(path));
        }
      };
      await within(browser, at, async (page) => {
        const heard = complaints(page);
        await each('sound', (path) => {
          heard.length = 0;
          return sound(page, site, path, heard);
        });
      });
      // The policy lets no script in; axe is one, so it looks at pages of its own.
      await within(browser, { ...at, bypassCSP: true }, (page) =>
        each('accessible', (path) => accessible(page, site, path)),
      );
    }
  }
  for (const path of [leader, team, coordinator, keyboard]) {
    await check(`path: ${path.name}`, () =>
      within(browser, { viewport: { width: 1440, height: 900 } }, (page) => path(page, site)),
    );
  }
  await check('without JavaScript', () =>
    within(browser, { javaScriptEnabled: false }, (page) => withoutScript(page, site)),
  );
  await check('printed overview', () => within(browser, {}, (page) => printed(page, site)));
} finally {
  await browser.close();
}
console.log(failed === 0 ? 'all is well' : `${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
