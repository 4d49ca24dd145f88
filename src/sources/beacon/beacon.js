// Readback's beacon: how long a page is read, and how far down. No cookie, no storage, no fingerprint;
// nothing is asked of anybody but the server that this script came from.
//
// The server puts the settings of the source in the place of SETTINGS, and takes out comments and most
// of the white space: so no text holds two slashes, and every statement ends in a semicolon.
((c, w, d, n) => {
const tag = d.currentScript;
// 1: without the person; 2: not at all.
const shy = Math.max(n.globalPrivacyControl ? c.gpc : 0, n.doNotTrack == 1 ? c.dnt : 0);
// Some pages load a script again when they change.
if (!tag || shy > 1 || w.readback) return;
w.readback = 1;
const to = new URL('b?source=' + c.source, tag.src);
const now = () => performance.now();
const on = (names, what) => names.split(' ').forEach((name) => w.addEventListener(name, what, true));
const canonical = () => (c.canonical && d.querySelector('link[rel=canonical]') || c).href;
const seen = () => d.visibilityState == 'visible';
// The page view; since when its clock runs, if it does; when somebody last did something.
let view, since, input = now();

// The address, with those parameters alone that choose a page.
const here = () => {
  const chosen = location.search.slice(1).split('&').filter((one) => c.keep.includes(one.split('=')[0].toLowerCase())).join('&');
  return location.origin + location.pathname + (chosen && '?' + chosen) + (c.hash ? location.hash : '');
};

// What kind of place an address is.
const kind = (from) => {
  if (!from) return 'direct';
  const url = new URL(from);
  const fits = (place) => {
    const [host, path] = place.split('|');
    return `.${url.host}.`.includes(`.${host}.`) && (url.pathname + url.search).startsWith(path || '');
  };
  return Object.keys(c.from).find((name) => c.from[name].some(fits)) || 'other';
};

// Reads the clock: time counts while the page is visible and has the focus, until nobody has done
// anything for a while.
const count = () => {
  const t = now();
  if (since) view.ms = Math.min(c.cap, view.ms + Math.max(0, Math.min(t, input + c.idle) - since));
  since = seen() && d.hasFocus() ? t : 0;
};

const depth = () => Math.min(100, Math.round(view.bottom / view.height * 100));

const send = () => {
  // Opened behind others and never looked at: that is no read.
  if (!view.seq && !seen()) return;
  if (!view.seq) view.at = now();
  view.sent = view.ms;
  view.told = depth();
  const meta = d.querySelector('meta[name=readback-token]');
  const body = JSON.stringify({
    pid: view.pid,
    seq: ++view.seq,
    doc: view.doc,
    ms: Math.round(view.ms),
    depth: view.told,
    age: Math.round(now() - view.at),
    from: view.from,
    who: shy ? '' : meta ? meta.content : tag.dataset.token,
    bot: n.webdriver,
  });
  // A beacon by itself hides where it comes from under some policies, and brings cookies.
  if ('keepalive' in Request.prototype) fetch(to, { method: 'POST', body, keepalive: true, credentials: 'omit' }).catch(() => {
    // The next occasion tells it again.
    view.told = -1;
  });
  else n.sendBeacon(to, body);
};

// What has not been told yet.
const flush = () => {
  count();
  if (view.ms > view.sent + 99 || depth() > view.told) send();
};

// Each second: small, then larger steps are told, in case that the end is not.
const tick = (fresh) => {
  count();
  if (!seen()) return;
  const box = d.querySelector(tag.dataset.scroll || 'no') || d.scrollingElement;
  // What a script is about to replace is the page before.
  if (fresh != 1) view.bottom = Math.max(view.bottom, box.scrollTop + box.clientHeight);
  view.height = box.scrollHeight;
  // The page's own word for its address, unless it is the word of the page before.
  const own = canonical();
  view.doc = own && own != view.stale && own.startsWith(location.origin + '/') ? own : view.here;
  if (!view.seq || view.ms - view.sent >= Math.min(6e4, Math.max(5e3, view.sent))) send();
};

const begin = (from, stale, fresh) => {
  view = { pid: crypto.getRandomValues(new Uint32Array(4)).join('-'), from, stale, here: here(), seq: 0, at: now(), ms: 0, sent: 0, bottom: 0, height: 1, told: 0 };
  since = 0;
  input = now();
  tick(fresh);
};

const touch = () => {
  // Who comes back after so long reads once more.
  if (now() - input > c.away) {
    flush();
    begin('direct', view.stale);
  }
  count();
  input = now();
};

const moved = (from, replaced) => {
  if (here() == view.here) return;
  // An address that is put right at once is the same page's.
  if (replaced && now() - view.at < 2e3) view.here = here();
  else {
    flush();
    begin(from || kind(view.here), canonical(), 1);
  }
};

['pushState', 'replaceState'].forEach((name, replaced) => {
  const own = history[name];
  history[name] = (...all) => {
    own.apply(history, all);
    moved('', replaced);
  };
});
on('popstate hashchange', () => moved(c.hash ? '' : 'direct'));
on('focus pointermove pointerdown keydown scroll', touch);
on('focus blur scroll', tick);
on('visibilitychange', () => {
  if (seen()) {
    touch();
    tick();
  }
  else flush();
});
on('online', flush);
on('pagehide', () => {
  flush();
  since = 0;
});
// A page that comes back from the cache of the browser is opened again.
on('pageshow', (event) => event.persisted && begin('direct', view.stale));
const how = performance.getEntriesByType('navigation')[0] || c;
begin(/^[rb]/.test(how.type) ? 'direct' : kind(d.referrer));
setInterval(tick, 1e3);
})(SETTINGS, window, document, navigator);
