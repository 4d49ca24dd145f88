// A coordinator drops a list of attendance onto the page, corrects who is who, brings it in and takes it
// back. `node bring.mjs HOST:PORT ACCOUNT PASSWORD FILE FOLDER`; FOLDER keeps pictures of the page.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { complaints, launch, within, words } from './browser.mjs';
import { WIDTHS, findings, tooWide } from './checks.mjs';

const [host, account, password, file, folder] = process.argv.slice(2);
const base = `http://${host}`;
mkdirSync(folder, { recursive: true });
const browser = await launch();

/** Drops a file onto the page's field, as from a folder of the desktop. */
async function drop(page, path) {
  const box = await page.locator('input[name=file]').boundingBox();
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  const devtools = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await devtools.send('Input.dispatchDragEvent', { type, ...at, data });
  }
}

try {
  for (const javaScriptEnabled of [true, false]) {
    await within(browser, { javaScriptEnabled, viewport: { width: 1200, height: 900 } }, async (page) => {
      const heard = complaints(page);
      await page.goto(`${base}/reviews/import`);
      await page.fill('input[name=account]', account);
      await page.fill('input[name=password]', password);
      await page.click('button[type=submit]');
      assert.equal(new URL(page.url()).pathname, '/reviews/import');
      await page.goto(`${base}/reviews`);
      await page.getByRole('link', { name: /Bring in a calendar/ }).click();
      if (javaScriptEnabled) await drop(page, file);
      else await page.locator('input[name=file]').setInputFiles(file);
      await page.getByRole('button', { name: 'Look at it' }).click();
      assert.match(await words(page, 'h1'), /What this file would come to/);
      const text = await words(page, 'main');
      assert.ok(text.includes('Nothing is stored yet'), text);
      assert.ok(text.includes('Otter.ai Notetaker'), 'who was left out');
      const field = page.getByLabel('Address of Zzmail Marker');
      assert.equal(await field.inputValue(), '');
      await field.fill('zzmail.marker@people.example.org');
      // The keyboard alone: to the box of the screen, and Enter looks again.
      await page.locator('tr', { hasText: 'Zzfull screen' }).getByRole('checkbox').press('Space');
      await field.press('Enter');
      await page.waitForSelector('text=said to be no person');
      assert.equal(await page.getByLabel('Address of Zzmail Marker').inputValue(), 'zzmail.marker@people.example.org');
      if (javaScriptEnabled) {
        for (const width of WIDTHS) {
          for (const colorScheme of ['light', 'dark']) {
            await page.setViewportSize({ width, height: 900 });
            await page.emulateMedia({ colorScheme });
            assert.equal(await tooWide(page), null, `${width} px: nothing is wider than the window`);
            assert.deepEqual(await findings(page), [], `${width} px, ${colorScheme}`);
            await page.screenshot({ path: join(folder, `bring-${width}-${colorScheme}.png`), fullPage: true });
          }
        }
      }
      await page.getByRole('button', { name: 'Bring it in' }).click();
      assert.ok((await words(page, '[role=status]')).includes('The file was brought in.'));
      if (javaScriptEnabled) await page.screenshot({ path: join(folder, 'brought.png'), fullPage: true });
      // Back is a page that says what became of the file, and no form that the browser would send again.
      await page.goBack();
      assert.ok((await words(page, '[role=status]')).includes('not kept any more'), 'back after the confirm');
      await page.goto(`${base}/reviews/import`);
      await page.getByRole('button', { name: /Take back what was read/ }).first().click();
      assert.ok((await words(page, '[role=status]')).includes('The import was taken back'));
      assert.deepEqual(heard, [], 'the console is quiet');
    });
  }
  console.log('all is well');
} finally {
  await browser.close();
}
