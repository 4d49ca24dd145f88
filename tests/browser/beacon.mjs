// Readers of pages that carry the beacon, in Chromium. The pages are served here, from another origin
// than the collector's; time is the script's own, so that the truth is known to the millisecond.
//
//   node beacon.mjs TOKEN
//
// Prints the origin of its pages, waits for the collector's address on a line of its own, and ends with
// what was really read: one line of JSON for each page view, and a last one, `all is well`.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { complaints, FLAGS } from './browser.mjs';

const [token] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
if (!existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath}`);

let collector = '';
const HEADS = {
  '/canonical': '<link rel="canonical" href="/pretty">',
  '/foreign': '<link rel="canonical" href="https://elsewhere.example.org/stolen">',
};
/** Pages of sources with other settings. */
const SOURCES = { '/silent': 'silent', '/app': 'hashed' };
const site = createServer((request, response) => {
  const path = request.url.split('?')[0];
  response.setHeader('content-type', 'text/html');
  // What the documentation asks for, and the strictest word on where requests come from.
  response.setHeader('content-security-policy', `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src ${collector}; connect-src ${collector}`);
  response.setHeader('referrer-policy', path === '/bare' ? 'strict-origin' : 'no-referrer');
  if (path === '/own') response.setHeader('referrer-policy', 'same-origin');
  const height = path.startsWith('/short') ? 300 : 4000;
  const tag = path === '/boxed' ? 'data-scroll="#box"' : '';
  const box = path === '/boxed' ? '<div id="box" style="height:500px;overflow:auto"><div style="height:2000px"></div></div>' : `<div style="height:${height}px"><a href="/short/next">next</a></div>`;
  const source = SOURCES[path] ?? 'wiki';
  response.end(`<!doctype html><title>${path}</title><link rel="icon" href="data:,">${HEADS[path] ?? ''}
    <script defer src="${collector}/beacon.js?source=${source}" data-token="${token}" ${tag}></script><body style="margin:0">${box}`);
});
await new Promise((done) => site.listen(0, '127.0.0.1', done));
const origin = `http://127.0.0.1:${site.address().port}`;
console.log(origin);
for await (const line of createInterface({ input: process.stdin })) {
  collector = line.trim();
  break;
}

/** A browser that calls itself so, also in what it sends while a page is left. */
const launch = (agent) =>
  chromium.launch({
    executablePath,
    args: [...FLAGS, '--disable-blink-features=AutomationControlled', `--user-agent=${agent}`],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
const browsers = [];
const browser = await launch('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36');
const START = '2026-03-02T09:00:00Z';

/** What was really read, in the order in which the views began. */
const truths = [];
const truth = (path, ms, depth, more = {}) => truths.push({ path, ms, depth, from: 'direct', known: true, bot: false, ...more });

/** Readers who have gone. What a page sends while it is left needs its browser a little longer. */
const gone = [];
const LINGERING = 5;

/** A reader with one page and a clock that stands. */
async function reader(work, { before, by = browser } = {}) {
  const context = await by.newContext({ viewport: { width: 1000, height: 1000 } });
  const page = await context.newPage();
  const heard = complaints(page);
  if (before) await context.addInitScript(before);
  await page.clock.install({ time: START });
  await page.clock.pauseAt(new Date(Date.parse(START) + 1000));
  const tools = {
    page,
    context,
    open: (path, options) => page.goto(origin + path, options),
    wait: (ms) => page.clock.runFor(ms),
    stir: async () => page.mouse.move(10 + Math.random() * 500, 10),
    // The event of a scroll comes with the next picture.
    scroll: (top, of = 'html') =>
      page.evaluate(
        ([top, of]) =>
          new Promise((done) => {
            addEventListener('scroll', () => done(), { once: true, capture: true });
            document.querySelector(of).scrollTo(0, top);
          }),
        [top, of],
      ),
    leave: () => page.goto('about:blank'),
  };
  await work(tools);
  gone.push(context);
  if (gone.length > LINGERING) await gone.shift().close();
  if (heard.length > 0) throw new Error(heard.join('\n'));
}

const SCENES = {
  async reading() {
    await reader(async ({ open, wait, stir, scroll, leave }) => {
      await open('/read');
      for (const top of [1000, 2000, 3000]) {
        await wait(20_000);
        await stir();
        await wait(20_000);
        await scroll(top);
      }
      await wait(7_000);
      await leave();
      truth('/read', 127_000, 100);
    });
  },
  async skimming() {
    await reader(async ({ open, wait, scroll, leave }) => {
      await open('/skim');
      await wait(1_000);
      await scroll(2000);
      await wait(1_400);
      await leave();
      truth('/skim', 2_400, 75);
    });
  },
  async 'the tab is switched'() {
    await reader(async ({ page, context, open, wait, stir, leave }) => {
      await open('/tabs');
      await wait(10_000);
      // From here on the browser itself says which page has the focus.
      const cdp = await context.newCDPSession(page);
      await cdp.send('Emulation.setFocusEmulationEnabled', { enabled: false });
      const other = await context.newPage();
      await other.goto('about:blank');
      await other.bringToFront();
      await page.waitForFunction(() => !document.hasFocus(), null, { polling: 20 });
      await wait(40_000);
      await page.bringToFront();
      await page.waitForFunction(() => document.hasFocus(), null, { polling: 20 });
      await wait(5_300);
      await stir();
      await leave();
      truth('/tabs', 15_300, 25);
    });
  },
  async 'the window is hidden, then shown'() {
    const before = () => {
      globalThis.shown = 'hidden';
      Object.defineProperty(Document.prototype, 'visibilityState', { get: () => globalThis.shown });
      globalThis.show = (state) => {
        globalThis.shown = state;
        document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      };
    };
    await reader(
      async ({ page, open, wait, leave }) => {
        await open('/hidden');
        await wait(5_000);
        for (const [state, ms] of [['visible', 6_200], ['hidden', 90_000], ['visible', 2_100], ['hidden', 30_000]]) {
          await page.evaluate((state) => globalThis.show(state), state);
          await wait(ms);
        }
        await leave();
        truth('/hidden', 8_300, 25);
        // Opened behind others and closed: nobody read it, and nothing is in the truth.
        await open('/unseen');
        await wait(60_000);
        await leave();
      },
      { before },
    );
  },
  async 'nobody is there'() {
    await reader(async ({ open, wait, stir, leave }) => {
      await open('/idle');
      await wait(10_000);
      await stir();
      await wait(300_000);
      await stir();
      await wait(5_250);
      await leave();
      truth('/idle', 75_250, 25);
    });
  },
  async 'somebody comes back after hours'() {
    await reader(async ({ open, wait, stir, leave }) => {
      await open('/again');
      await wait(9_000);
      await wait(3_600_000);
      await stir();
      await wait(4_000);
      await leave();
      truth('/again', 60_000, 25);
      truth('/again', 4_000, 25);
    });
  },
  async 'a page is left open and read for long'() {
    await reader(async ({ open, wait, stir, leave }) => {
      await open('/long');
      for (let n = 0; n < 40; n += 1) {
        await wait(50_000);
        await stir();
      }
      await leave();
      truth('/long', 1_800_000, 25);
    });
  },
  async 'back from the cache of the browser'() {
    await reader(async ({ page, open, wait, leave }) => {
      await open('/cached');
      await wait(8_000);
      await page.evaluate(() => {
        globalThis.mark = 1;
      });
      await open('/short/between');
      await wait(2_000);
      await page.evaluate(() => history.back());
      await page.waitForFunction(() => location.pathname === '/cached', null, { polling: 20 });
      // The same page, not one that was loaded anew.
      if ((await page.evaluate(() => globalThis.mark)) !== 1) throw new Error('it was loaded anew');
      await wait(6_100);
      await leave();
      truth('/cached', 8_000, 25);
      truth('/short/between', 2_000, 100);
      truth('/cached', 6_100, 25);
    });
  },
  async 'pages that a script shows'() {
    await reader(async ({ page, open, wait, scroll, leave }) => {
      const go = (how, address) => page.evaluate(([how, address]) => history[how]({}, '', address), [how, address]);
      await open('/spa/a');
      await wait(500);
      // An address that is put right at once.
      await go('replaceState', '/spa/first');
      await wait(4_500);
      await scroll(1000);
      await page.evaluate(() => {
        document.querySelector('div').style.height = '300px';
        history.pushState({}, '', '/spa/second?tab=1');
      });
      await wait(3_000);
      // The same page, in another state.
      await go('pushState', '/spa/second?tab=2#part');
      await wait(4_000);
      await page.evaluate(() => history.go(-2));
      await page.waitForFunction(() => location.pathname === '/spa/first', null, { polling: 20 });
      await wait(3_300);
      await leave();
      truth('/spa/first', 5_000, 50);
      truth('/spa/second', 7_000, 100, { from: 'wiki' });
      truth('/spa/first', 3_300, 100);
    });
  },
  async 'pages told apart behind the sign'() {
    await reader(async ({ page, open, wait, leave }) => {
      await open('/app#/one');
      await wait(3_000);
      await page.evaluate(() => {
        location.hash = '#/two?page=7&zz=secret';
      });
      await page.waitForFunction(() => location.hash.startsWith('#/two'), null, { polling: 20 });
      await wait(2_000);
      await leave();
      truth('/app#/one', 3_000, 25);
      truth('/app#/two?page=7', 2_000, 25, { from: 'wiki' });
    });
  },
  async 'closed in the middle'() {
    await reader(async ({ page, open, wait }) => {
      await open('/closed');
      await wait(12_700);
      await page.close();
      truth('/closed', 12_700, 25);
    });
  },
  async 'the network is cut and comes back'() {
    await reader(async ({ page, context, open, wait, stir, leave }) => {
      await open('/cut');
      await wait(6_000);
      await context.setOffline(true);
      const failed = page.waitForEvent('requestfailed');
      await wait(20_000);
      await failed;
      await context.setOffline(false);
      await stir();
      await wait(4_000);
      await leave();
      truth('/cut', 30_000, 25, { lost: true });
    }).catch(offline);
  },
  async 'the network does not come back'() {
    await reader(async ({ page, context, open, wait }) => {
      await open('/lost');
      await wait(7_000);
      await context.setOffline(true);
      await wait(20_000);
      // Not closed: who closes it takes the cut away, too, and the last word would get out.
      const cdp = await context.newCDPSession(page);
      const crashed = page.waitForEvent('crash');
      cdp.send('Page.crash').catch(() => {});
      await crashed;
      // What was told before is kept.
      truth('/lost', 5_000, 25);
    }).catch(offline);
  },
  async 'a browser that knows beacons only'() {
    const before = () => delete Request.prototype.keepalive;
    await reader(
      async ({ open, wait, leave }) => {
        await open('/bare');
        await wait(3_200);
        await leave();
        truth('/bare', 3_200, 25);
      },
      { before },
    );
  },
  async 'addresses of its own'() {
    await reader(async ({ open, wait, leave }) => {
      await open('/canonical?session=zz');
      await wait(1_000);
      await leave();
      truth('/pretty', 1_000, 25);
      await open('/foreign?utm_source=zz&page=2');
      await wait(1_000);
      await leave();
      truth('/foreign?page=2', 1_000, 25);
    });
  },
  async 'a page that loads the script again'() {
    await reader(async ({ page, open, wait, leave }) => {
      await open('/twice');
      await wait(1_000);
      await page.addScriptTag({ url: `${collector}/beacon.js?source=wiki` });
      await wait(1_000);
      await leave();
      truth('/twice', 2_000, 25);
    });
  },
  async 'a box that scrolls'() {
    await reader(async ({ open, wait, scroll, leave }) => {
      await open('/boxed');
      await wait(1_000);
      await scroll(1000, '#box');
      await wait(1_000);
      await leave();
      truth('/boxed', 2_000, 75);
    });
  },
  async 'wishes and programs'() {
    const say = (name, value) => `Object.defineProperty(Navigator.prototype, '${name}', { get: () => ${value} })`;
    for (const [path, wish, more] of [
      ['/gpc', say('globalPrivacyControl', true), { known: false }],
      ['/dnt', say('doNotTrack', "'1'"), { known: false }],
      ['/driven', say('webdriver', true), { bot: true }],
    ]) {
      const visit = async ({ open, wait, leave }) => {
        await open(path);
        await wait(1_500);
        await leave();
        truth(path, 1_500, 25, more);
      };
      await reader(visit, { before: wish });
    }
    // Where that means to send nothing, nothing is in the truth.
    const silent = async ({ open, wait, leave }) => {
      await open('/silent');
      await wait(20_000);
      await leave();
    };
    await reader(silent, { before: say('globalPrivacyControl', true) });
    const robot = await launch('Googlebot/2.1');
    const visit = async ({ open, wait, leave }) => {
      await open('/robot');
      await wait(1_500);
      await leave();
      truth('/robot', 1_500, 25, { bot: true });
    };
    await reader(visit, { by: robot });
    browsers.push(robot);
  },
  async 'where readers come from'() {
    for (const [n, [referrer, from]] of [
      ['', 'direct'],
      ['https://github.com/example/shop/pull/7', 'code'],
      ['https://gitlab.example.org/shop', 'code'],
      ['https://git.example.org/shop', 'code'],
      ['https://notgithub.com.example.org/', 'other'],
      ['https://app.slack.com/client/T1', 'chat'],
      ['https://teams.microsoft.com/', 'chat'],
      ['android-app://com.Slack/', 'chat'],
      ['https://chat.example.org/room', 'chat'],
      ['https://mail.google.com/mail/u/0', 'mail'],
      ['https://outlook.office.com/', 'mail'],
      ['https://www.google.co.uk/search?q=x', 'search'],
      ['https://duckduckgo.com/', 'search'],
      ['https://elsewhere.example.org/', 'other'],
      [`${origin}/wiki/Welcome/first`, 'onboarding'],
      [`${origin}/wiki/Incidents/INC-1`, 'writeup'],
      [`${origin}/wiki/Other`, 'wiki'],
    ].entries()) {
      const before = `Object.defineProperty(Document.prototype, 'referrer', { get: () => ${JSON.stringify(referrer)} })`;
      const visit = async ({ open, leave }) => {
        await open(`/short/from/${n}`);
        await leave();
        truth(`/short/from/${n}`, 0, 100, { from });
      };
      await reader(visit, { before });
    }
  },
};

/** A page without a network says so; anything else is wrong. */
function offline(error) {
  const odd = error.message.split('\n').filter((line) => !/ERR_INTERNET_DISCONNECTED|^failed: .*\/b\?/.test(line));
  if (odd.length > 0) throw error;
}

/** How many reads the collector has taken. */
async function taken() {
  const text = await (await fetch(`${collector}/metrics`)).text();
  return Number(/events_accepted_total\{kind="read"\} (\d+)/.exec(text)?.[1] ?? 0);
}

let failed = 0;
try {
  for (const [name, scene] of Object.entries(SCENES)) {
    try {
      await scene();
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error.message}`);
    }
  }
  // What a page sends while it is left may still be on its way.
  for (let same = 0, before = -1; same < 10; ) {
    const now = await taken();
    same = now === before ? same + 1 : 0;
    before = now;
    await new Promise((done) => setTimeout(done, 100));
  }
} finally {
  for (const one of [browser, ...browsers]) await one.close();
  site.close();
}
truths.forEach((one) => console.log(JSON.stringify(one)));
console.log(failed === 0 ? 'all is well' : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
