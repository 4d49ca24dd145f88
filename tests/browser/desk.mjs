// What a coordinator and an administrator see and fill in, as anybody who looks at it: axe-core, three widths, light
// and dark; then the keyboard alone, and without JavaScript.
// `node desk.mjs HOST:PORT COORDINATOR ADMIN PASSWORD FOLDER`; FOLDER keeps pictures of the pages.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { complaints, focus, launch, within, words } from './browser.mjs';
import { WIDTHS, findings, tooWide } from './checks.mjs';

const [host, coordinator, admin, password, folder] = process.argv.slice(2);
const base = `http://${host}`;
mkdirSync(folder, { recursive: true });
const PAGES = {
  signin: '/signin',
  reviews: '/reviews',
  registry: '/registry',
  'registry-empty': '/registry?q=no-such-word',
  annotations: '/annotations',
  bring: '/reviews/import',
  audit: '/audit',
  explained: '/definitions/R1?writeup=INC-1',
  writeup: '/writeups/INC-1',
  refused: '/quarters/1999-Q9',
};
const browser = await launch();

async function signIn(page, account, next = '/registry') {
  await page.goto(`${base}${next}`);
  await page.fill('input[name=account]', account);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  assert.equal(new URL(page.url()).pathname, next);
}

/** Looks at the page that is open, with all that is folded away. */
async function looked(page, name) {
  await page.evaluate(() => document.querySelectorAll('details').forEach((each) => (each.open = true)));
  for (const width of WIDTHS) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      assert.equal(await tooWide(page), null, `${name}, ${width} px: nothing is wider than the window`);
      assert.deepEqual(await findings(page), [], `${name}, ${width} px, ${colorScheme}`);
      await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
}

/** Presses Tab until the focus is on what has this name, at most `most` times. */
async function tabTo(page, name, most = 60) {
  for (let i = 0; i < most; i += 1) {
    await page.keyboard.press('Tab');
    if ((await focus(page)) === name) return;
  }
  assert.fail(`${name} is not reached by the keyboard`);
}

try {
  // As nobody yet.
  await within(browser, {}, async (page) => {
    await page.goto(`${base}/signin`);
    await looked(page, 'signin-first');
    await page.fill('input[name=account]', admin);
    await page.fill('input[name=password]', 'not this one');
    await page.click('button[type=submit]');
    assert.ok((await page.locator('[role=alert]').count()) > 0, 'what went wrong is told');
    await looked(page, 'signin-wrong');
  });
  // The policy lets no script in; axe is one.
  await within(browser, {}, async (page) => {
    const heard = complaints(page);
    await signIn(page, admin);
    for (const [name, path] of Object.entries(PAGES)) {
      heard.length = 0;
      await page.goto(base + path);
      const odd = heard.filter((one) => !(name === 'refused' && one.includes('404')));
      assert.deepEqual(odd, [], `${name}: the console is quiet`);
      await looked(page, name);
    }
  });
  // The keyboard alone: sign in, enter a change, and read that it was entered.
  await within(browser, { viewport: { width: 1200, height: 900 } }, async (page) => {
    await page.goto(`${base}/annotations`);
    await tabTo(page, 'account');
    await page.keyboard.type(coordinator);
    await tabTo(page, 'password');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/annotations');
    await tabTo(page, 'on');
    // As Chromium takes a day in the language that it speaks here.
    await page.keyboard.type('03012026');
    await tabTo(page, 'text');
    await page.keyboard.type('A template with questions');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=status]');
    assert.ok((await words(page, 'main')).includes('A template with questions'), 'it was entered');
    await looked(page, 'annotations-said');
  });
  // Without JavaScript: register a write-up, find it, give it a name, retire it.
  await within(browser, { javaScriptEnabled: false }, async (page) => {
    await signIn(page, coordinator);
    const register = page.locator('form', { has: page.getByRole('button', { name: 'Register', exact: true }) });
    await register.locator('input[name=id]').fill('INC-77');
    await register.locator('input[name=title]').fill('The pump that sang');
    await register.getByRole('button', { name: 'Register', exact: true }).click();
    assert.ok((await words(page, '[role=status]')).includes('stands on the disk'));
    await page.locator('input[name=q]').fill('pump');
    await page.getByRole('button', { name: 'Search' }).click();
    const row = page.locator('tbody tr', { hasText: 'The pump that sang' });
    await row.locator('summary').click();
    const form = row.locator('form', { has: page.getByRole('button', { name: 'Add the name' }) });
    await form.locator('input[name=target]').fill('https://wiki.example.org/pump');
    await form.getByRole('button', { name: 'Add the name' }).click();
    assert.ok((await words(page, '[role=status]')).includes('INC-77'));
    await page.goto(`${base}/registry?q=INC-77`);
    assert.ok((await words(page, 'tbody >> nth=0')).includes('https://wiki.example.org/pump'), 'the name stands');
  });
  console.log('all is well');
} finally {
  await browser.close();
}
