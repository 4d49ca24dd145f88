// Signs in and out as people do, under a name of this machine and under another one without https:
// there a browser says less of where a form is from. `node signin.mjs PORT ACCOUNT PASSWORD`.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { FLAGS, complaints, within, words } from './browser.mjs';

const [port, account, password] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
if (!existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath}`);
const args = [...FLAGS, '--host-resolver-rules=MAP readback.test 127.0.0.1'];
const browser = await chromium.launch({ executablePath, args });

function expect(holds, what) {
  if (!holds) throw new Error(what);
}

try {
  for (const host of ['127.0.0.1', 'readback.test']) {
    const base = `http://${host}:${port}`;
    await within(browser, {}, async (page, context) => {
      const heard = complaints(page);
      await page.goto(`${base}/writeups?sort=title`);
      expect(page.url().startsWith(`${base}/signin?next=`), `${host}: led to ${page.url()}`);
      await page.fill('input[name=account]', account);
      await page.fill('input[name=password]', password);
      await page.click('button[type=submit]');
      expect(page.url() === `${base}/writeups?sort=title`, `${host}: back at ${page.url()}`);
      expect((await words(page)).includes('write-up'), `${host}: no write-ups`);
      const cookie = (await context.cookies()).find((one) => one.name === 'readback');
      expect(cookie?.httpOnly && cookie.sameSite === 'Lax' && cookie.path === '/', `${host}: the cookie`);
      expect((await page.evaluate(() => document.cookie)) === '', `${host}: a script reads it`);
      await page.click('footer a[href="/signin"]');
      expect((await words(page)).includes('You are here as a viewer'), `${host}: who is it`);
      await page.click('button[type=submit]');
      expect(page.url() === `${base}/signin`, `${host}: out, at ${page.url()}`);
      await page.goto(`${base}/`);
      expect(page.url().includes('/signin'), `${host}: still in`);
      // Chromium says of every page without https that its opener policy is ignored.
      const odd = heard.filter((one) => !one.includes('Cross-Origin-Opener-Policy'));
      expect(odd.length === 0, `${host}: ${odd.join('; ')}`);
    });
  }
  console.log('all is well');
} finally {
  await browser.close();
}
