/** A real Chromium for tests. Where there is none, the tests that need it are skipped, loudly. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

const QUIET = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Tabs that are not in front would otherwise be slowed down.
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
];
/** WebGL on a machine without a graphics card. */
const SOFTWARE_WEBGL = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];

/** The executable that MURMUR_CHROMIUM names, or the first one known; null where there is none. */
export function findChromium(): string | null {
  const named = process.env['MURMUR_CHROMIUM'];
  if (named !== undefined && named !== '') return existsSync(named) ? named : null;
  return CANDIDATES.find((path) => existsSync(path)) ?? null;
}

let said = false;

/** For `describe.skipIf(chromiumIsMissing())`; says once what to install. */
export function chromiumIsMissing(): boolean {
  const missing = findChromium() === null;
  if (missing && !said) {
    said = true;
    console.warn(
      '\nBROWSER TESTS SKIPPED: no Chromium or Chrome found.\n' +
        'Install one (Debian, Ubuntu: apt-get install chromium; macOS: brew install --cask google-chrome),\n' +
        'or set MURMUR_CHROMIUM to the path of the executable.\n',
    );
  }
  return missing;
}

export async function launchChromium(options: { readonly webgl?: boolean; readonly args?: readonly string[] } = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('no Chromium found; guard the test by describe.skipIf(chromiumIsMissing())');
  return chromium.launch({
    executablePath,
    headless: true,
    args: [...QUIET, ...(options.webgl === true ? SOFTWARE_WEBGL : []), ...(options.args ?? [])],
  });
}

/** Everything that went wrong on a page, Content-Security-Policy violations included; to be asserted empty. */
export function collectPageErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}
