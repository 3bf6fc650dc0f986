import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { screenshotFile } from './site.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A verdict takes a few seconds, the page's own refresh three more. */
export const SOON = { timeout: 30_000 };

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', ...QUIET] });
}

/** A page at that address, and what it complains about: errors of scripts, and all that the Content-Security-Policy blocks. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1100, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

/** A picture of the whole page, where somebody wants pictures (see `screenshotFile`). */
export async function picture(page: Page, name: string): Promise<void> {
  const path = screenshotFile(name);
  if (path !== null) await page.screenshot({ path, fullPage: true });
}
