// What holds for every page, at every width, light and dark.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { words } from './browser.mjs';

export const WIDTHS = [320, 768, 1440];
/** Findings of axe-core that fail a page. */
const GRAVE = ['serious', 'critical'];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What is wider than the window; null where nothing is. */
export async function tooWide(page) {
  return page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const scrolls = document.documentElement.scrollWidth > room;
    const beyond = [...document.querySelectorAll('body *')].find(
      (each) => each.getBoundingClientRect().right > room + 1 && !each.closest('.scroll, svg, .skip, thead'),
    );
    return scrolls ? (beyond?.outerHTML.slice(0, 120) ?? 'something') : null;
  });
}

/** Opens a page and looks at it as it is served, policy and all. */
export async function sound(page, site, path, heard) {
  const response = await page.goto(site.address + path);
  const missing = path === '/nowhere';
  assert.equal(response.status(), missing ? 404 : 200);
  assert.match(response.headers()['content-security-policy'], /^default-src 'none'/);
  // Chromium says so of any page that isn't there.
  const complaints = heard.filter((said) => !(missing && said.includes('404')));
  assert.deepEqual(complaints, [], 'the console is quiet');

  assert.equal(await tooWide(page), null, 'nothing is wider than the window');

  const text = await words(page);
  assert.ok(text.includes(site.statement), 'the statement stands, word for word');
  if (site.summary.organisation.simulated) assert.ok(text.includes('Simulated data'), 'it says simulated');
  // A definition may say null of a formula.
  const wrong = path.startsWith('/definitions') ? ['NaN', '[object'] : ['NaN', '[object', 'undefined', 'null'];
  for (const word of wrong) assert.ok(!text.includes(word), `the page says ${word}`);
  if (!path.startsWith('/definitions')) await numbers(page, site);
}

/** Every number leads to its definition. */
async function numbers(page, site) {
  const links = await page.locator('a.num').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  for (const href of links) {
    const code = href.split('#')[1];
    assert.ok(href.startsWith('/definitions#') && code in site.summary.indicators, `${href} is a definition`);
  }
  const bare = await page
    .locator('.opening, .under, .glance td, .signal p:not(.quiet)')
    .evaluateAll((all) =>
      all
        .map((each) => {
          const copy = each.cloneNode(true);
          copy.querySelectorAll('a.num').forEach((a) => a.remove());
          return copy.textContent.replace(/\s+/g, ' ');
        })
        // Windows, dates and the limits of an interval belong to the words around them.
        .map((said) => said.replace(/\d+ (days|months|write-ups|people|working)|day \d+|\d+ \w{3} \d{4}|\w+ \d{4}/g, ''))
        .map((said) => said.replace(/95 % interval[^)]*|\(?\d+ to \d+\)?|at least \d+|than \d+/g, ''))
        .filter((said) => /\d{2,}/.test(said)),
    );
  assert.deepEqual(bare, [], 'no number stands without its definition');
}

/** axe-core finds nothing grave. */
export async function accessible(page, site, path) {
  await page.goto(site.address + path);
  // What is folded away has to be sound as well.
  await page.evaluate(() => document.querySelectorAll('details').forEach((each) => (each.open = true)));
  assert.deepEqual(await findings(page), [], 'axe-core');
}

/** What axe-core finds of the page that is open. */
export async function findings(page) {
  // Not as a script of the page: its policy lets none run.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
  return violations
    .filter((each) => GRAVE.includes(each.impact))
    .map((each) => `${each.id}: ${each.help}: ${each.nodes[0].html.slice(0, 160)}`);
}

/** The overview on paper. */
export async function printed(page, site) {
  await page.goto(site.address);
  const path = join(site.folder, 'overview.pdf');
  await page.pdf({ path, format: 'A4', preferCSSPageSize: true });
  assert.ok(statSync(path).size > 20_000, 'the file holds something');
  await page.emulateMedia({ media: 'print' });
  assert.ok(!(await page.locator('nav').isVisible()), 'no navigation on paper');
  assert.ok((await words(page)).includes(site.statement), 'the statement stands on paper');
}
