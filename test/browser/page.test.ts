import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, picture, SOON, startBrowser } from './browser.ts';
import { startSite, type WatchedSite } from './site.ts';

/*
 * A real Chromium reads the page of a real edge while a real process stops answering. Waits are on what the page shows; nothing is reloaded by hand.
 */

let site: WatchedSite;
let browser: Browser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), startBrowser()]);
}, 60_000);

afterAll(async () => {
  await Promise.all([browser?.close(), site?.stop()]);
});

function open(options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
  return openPage(browser, `${site.url}/`, options);
}

function health(page: Page, server: string, value: string) {
  return page.locator(`tr[data-server="${server}"] td[data-health="${value}"]`);
}

test('the page shows a server going down and coming back, by itself', async () => {
  const { page, complaints } = await open();
  await health(page, 'vps-a', 'up').waitFor(SOON);
  await health(page, 'vps-b', 'up').waitFor(SOON);
  await page.getByText('All servers are up').waitFor(SOON);
  await picture(page, 'up');

  site.a.fail();
  await health(page, 'vps-a', 'down').waitFor(SOON);
  await page.getByText('One server is down').waitFor(SOON);
  await health(page, 'vps-b', 'up').waitFor(SOON);
  await expect(page.title()).resolves.toContain('Browser test');
  await picture(page, 'down');

  site.a.recover();
  await health(page, 'vps-a', 'up').waitFor(SOON);
  expect(complaints).toEqual([]);
  await page.context().close();
}, 120_000);

test('a Chinese reader gets it in Chinese', async () => {
  const { page } = await open({ locale: 'zh-CN' });
  await expect(page.locator('html').getAttribute('lang')).resolves.toMatch(/^zh/);
  await expect(page.locator('h2').first().innerText()).resolves.toMatch(/[\u4e00-\u9fff]/);
  await picture(page, 'chinese');
  await page.context().close();
}, 60_000);

test('it is whole without a script, and fits a telephone', async () => {
  const { page } = await open({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
  await expect
    .poll(async () => {
      await page.reload();
      return health(page, 'vps-b', 'up').count();
    }, SOON)
    .toBe(1);
  // Tables may scroll inside their card; the page itself must not.
  await expect(page.locator('body').evaluate((body) => body.scrollWidth)).resolves.toBeLessThanOrEqual(360);
  await picture(page, 'telephone');
  await page.context().close();
}, 60_000);
