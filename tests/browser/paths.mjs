// The main path of each reader, with mouse, with the keyboard alone, and without JavaScript.
import assert from 'node:assert/strict';
import { focus, words } from './browser.mjs';

/** The leader: what is said, how it is counted, and back. */
export async function leader(page, { address, summary }) {
  await page.goto(address);
  assert.match(await words(page, 'h1'), /Is learning happening, and is it changing\?/);
  assert.match(await words(page, '.glance'), /How well was this seen\?/);
  await page.locator('.opening a.num').first().click();
  await page.waitForURL('**/definitions#L4');
  const entry = page.locator('#L4');
  assert.ok(await entry.isVisible());
  // The formula is folded: what it says comes first.
  await entry.getByText('How it is counted').click();
  const formula = summary.indicators.L4.definition.replace(/\s+/g, ' ');
  assert.ok((await words(page, '#L4')).includes(formula));
  await page.goBack();
  assert.equal(new URL(page.url()).pathname, '/');
  // From a sign at a glance to its section, and from there to its definition.
  await page.locator('.glance th a').nth(1).click();
  await page.waitForURL('**/#sign-L4');
  assert.ok(await page.locator('#sign-L4').isVisible());
  await page.locator('#sign-L4 a.code').click();
  await page.waitForURL('**/definitions#L4');
  assert.ok((await words(page, '#L4')).includes(summary.indicators.L4.caveat.replace(/\s+/g, ' ')));
}

/** The team: search, another order, a write-up, its links. */
export async function team(page, { address, rich }) {
  await page.goto(`${address}/writeups`);
  const title = rich.title;
  await page.getByRole('searchbox').fill(title);
  await page.getByRole('button', { name: 'Search' }).click();
  await page.waitForURL('**/writeups?q=*');
  assert.equal(await page.getByRole('searchbox').inputValue(), title);
  const rows = page.locator('tbody tr');
  assert.ok((await rows.count()) >= 1);
  await page.getByRole('link', { name: 'oldest' }).click();
  await page.waitForURL('**sort=oldest**');
  assert.ok(page.url().includes('q='), 'the search stays');
  await rows.first().getByRole('link').first().click();
  await page.waitForURL('**/writeups/*');
  assert.equal(await words(page, 'h1'), title);
  await page.goto(`${address}/writeups/${encodeURIComponent(rich.id)}`);
  const evidence = await words(page, 'table.cards');
  // A link in another write-up shows that one's title.
  const link = rich.link_evidence.find((each) => each.place !== 'writeup');
  assert.ok(evidence.includes(link.stands_in), 'a link with its place');
  // The list has pages, and no order by readers.
  await page.goto(`${address}/writeups`);
  const first = await words(page, 'tbody tr >> nth=0');
  await page.getByRole('link', { name: 'Next page' }).click();
  await page.waitForURL('**page=2**');
  assert.notEqual(await words(page, 'tbody tr >> nth=0'), first);
  assert.ok(!(await words(page, '.sorts')).includes('readers'));
}

/** The coordinator: who came, and the write-up that was reviewed. */
export async function coordinator(page, { address, summary }) {
  await page.goto(address);
  await page.getByRole('navigation').getByRole('link', { name: 'Reviews' }).click();
  await page.waitForURL('**/reviews');
  assert.match(await words(page, '.opening'), /^To the latest review, on \d+ \w+ \d{4}, \d+ came/);
  const review = summary.reviews.find((each) => each.writeup);
  await page.getByRole('link', { name: review.title }).first().click();
  await page.waitForURL('**/writeups/*');
  assert.match(await words(page, 'main'), /Who came, in numbers/);
  await page.goto(`${address}/reviews`);
  await page.getByRole('link', { name: 'need not have come', exact: true }).click();
  await page.waitForURL('**/definitions#A2');
}

/** The keyboard alone: past the navigation, to the search, to the first row. */
export async function keyboard(page, { address, rich }) {
  await page.goto(`${address}/writeups`);
  await page.keyboard.press('Tab');
  assert.equal(await focus(page), '#main', 'first comes the way past the navigation');
  assert.ok(await page.locator('.skip').isVisible());
  await page.keyboard.press('Enter');
  // The numbers of the opening sentence lie between.
  await tabTo(page, 'q', 8);
  await page.keyboard.type(rich.id);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/writeups?q=*');
  const row = `/writeups/${encodeURIComponent(rich.id)}`;
  await tabTo(page, row, 30);
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(ring, 'solid', 'one sees where one is');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${row}`);
}

/** Presses Tab until the focus is on `name`, at most `most` times. */
async function tabTo(page, name, most) {
  const seen = [];
  for (let i = 0; i < most; i += 1) {
    await page.keyboard.press('Tab');
    seen.push(await focus(page));
    if (seen.at(-1) === name) return;
  }
  assert.fail(`${name} is not reached: ${seen.join(', ')}`);
}

/** Everything but the looks works without a script. */
export async function withoutScript(page, { address, statement, rich }) {
  await page.goto(address);
  assert.ok((await words(page)).includes(statement));
  await page.locator('summary').first().click();
  assert.ok(await page.locator('details table').first().isVisible(), 'the numbers unfold');
  await page.goto(`${address}/writeups`);
  await page.getByRole('searchbox').fill(rich.id);
  await page.getByRole('button', { name: 'Search' }).click();
  await page.waitForURL('**/writeups?q=*');
  await page.getByRole('link', { name: rich.title, exact: true }).first().click();
  await page.waitForURL(`**/writeups/${encodeURIComponent(rich.id)}`);
}
