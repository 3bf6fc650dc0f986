import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPage, picture, SOON, startBrowser } from './browser.ts';
import { startSite, type WatchedSite } from './site.ts';

/* People's controls in a real Chromium that runs no script: its cookies, its Origin header, its Content-Security-Policy. */

let site: WatchedSite;
let browser: Browser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSite(), startBrowser()]);
}, 60_000);

afterAll(async () => {
  await Promise.all([browser?.close(), site?.stop()]);
});

test('an administrator signs in, pins, sees it on the page, edits the fleet file and signs out', async () => {
  const { page, complaints } = await openPage(browser, `${site.url}/admin`, { javaScriptEnabled: false });
  await picture(page, 'admin-sign-in');
  await page.getByLabel("Administrator's token").fill(site.adminToken);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const home = page.locator('article[data-site="home"]');
  /** What the site's card says on a page that was just loaded. */
  const card = async () => {
    await page.goto(`${site.url}/admin`);
    return home.innerText();
  };
  await expect.poll(card, SOON).toContain('Pin to');

  await home.getByLabel('Pin to').selectOption('vps-b');
  await home.getByLabel('for').selectOption('3600');
  await home.getByRole('button', { name: 'Pin', exact: true }).click();
  await page.getByText('The site is pinned.').waitFor(SOON);
  await expect.poll(card, SOON).toContain('Pinned to Server vps-b');
  await picture(page, 'admin');
  const { page: reader } = await openPage(browser, `${site.url}/`);
  await reader.getByText('Pinned to Server vps-b').waitFor(SOON);
  await reader.context().close();

  await home.getByRole('link', { name: 'Tokens' }).click();
  await page.getByRole('button', { name: 'New token' }).click();
  await expect(page.locator('output').innerText()).resolves.toMatch(/^fws_home_/);
  await picture(page, 'admin-tokens');

  await page.getByRole('link', { name: 'Fleet file' }).click();
  const text = page.locator('textarea');
  await text.fill((await text.inputValue()).replace('"Browser test"', '"Renamed"'));
  await page.getByRole('button', { name: 'Check' }).click();
  await page.locator('ins', { hasText: 'Renamed' }).waitFor(SOON);
  await picture(page, 'admin-fleet');
  await page.getByRole('button', { name: 'Put into force' }).click();
  await page.getByText('The fleet file is in force.').waitFor(SOON);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel("Administrator's token").waitFor(SOON);
  expect(await page.context().cookies()).toEqual([]);
  expect(complaints).toEqual([]);
  await page.context().close();
}, 120_000);

test('it fits a telephone, in Chinese and in the dark', async () => {
  const { page } = await openPage(browser, `${site.url}/admin`, {
    locale: 'zh-CN',
    colorScheme: 'dark',
    viewport: { width: 390, height: 800 },
  });
  await page.getByLabel('管理员令牌').fill(site.adminToken);
  await page.getByRole('button', { name: '登录' }).click();
  await page.locator('article[data-site="home"]').waitFor(SOON);
  for (const path of ['/admin', '/admin/fleet', '/admin/sites/home']) {
    await page.goto(`${site.url}${path}`);
    await expect(page.locator('body').evaluate((body) => body.scrollWidth)).resolves.toBeLessThanOrEqual(390);
    await picture(page, `telephone${path.replaceAll('/', '-')}`);
  }
  await page.context().close();
}, 60_000);
