/**
 * The page's script, served at /page.js: it reads the page again and puts its new content in place, and turns times into local ones. The page
 * is complete without it. Only the server makes markup; the script moves nodes that the browser's parser made of it, in which nothing runs.
 */
export const PAGE_JS = `(() => {
  'use strict';
  const REFRESH_MS = 3000, TIMEOUT_MS = 10000;
  const lang = document.documentElement.lang;
  const ago = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' });
  const full = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'medium' });
  const UNITS = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
  let seen = document.querySelector('main').innerHTML;

  function relative(seconds) {
    const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS[3];
    return ago.format(Math.trunc(seconds / size), unit);
  }
  function tellTimes() {
    for (const time of document.querySelectorAll('main time')) {
      const date = new Date(time.dateTime);
      if (Number.isNaN(date.getTime())) continue;
      time.title = full.format(date);
      time.textContent = relative((date.getTime() - Date.now()) / 1000);
    }
  }
  function show(next) {
    const main = document.querySelector('main');
    const opened = [...main.querySelectorAll('details[open]')].map((details) => details.id);
    const focus = document.activeElement?.id;
    main.replaceChildren(...document.adoptNode(next.querySelector('main')).childNodes);
    for (const id of opened) document.getElementById(id)?.setAttribute('open', '');
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    document.title = next.title;
    const icon = next.querySelector('link[rel=icon]');
    if (icon) document.querySelector('link[rel=icon]')?.setAttribute('href', icon.getAttribute('href'));
  }
  async function refresh() {
    const answer = await fetch(location.pathname, { cache: 'no-cache', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error('the edge answers ' + answer.status);
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const content = next.querySelector('main')?.innerHTML;
    if (content === undefined) throw new Error('the answer is no status page');
    if (content !== seen) { seen = content; show(next); }
    const asOf = document.querySelector('footer time');
    if (asOf) { asOf.dateTime = new Date().toISOString(); asOf.textContent = full.format(new Date()); }
  }
  async function round() {
    if (document.visibilityState === 'visible') {
      const stale = document.getElementById('stale');
      try { await refresh(); stale.hidden = true; } catch (error) { stale.hidden = false; console.warn(error); }
      tellTimes();
    }
    setTimeout(round, REFRESH_MS);
  }
  tellTimes();
  setTimeout(round, REFRESH_MS);
  document.addEventListener('visibilitychange', tellTimes);
})();
`;
