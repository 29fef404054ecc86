import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { isShort } from './short.ts';

/** On a machine that does three things at once. */
const PATIENCE_MS = 30_000;
/** Besides what Playwright gives it: no sandbox, no background traffic, no first run. */
const ARGUMENTS = ['--disable-gpu', '--disable-quic'];

/** How a page is looked at. */
export interface Look {
  readonly width: 1360 | 390;
  readonly scheme: 'light' | 'dark';
}

const ALL_LOOKS: readonly Look[] = [
  { width: 1360, scheme: 'light' },
  { width: 390, scheme: 'dark' },
  { width: 1360, scheme: 'dark' },
  { width: 390, scheme: 'light' },
];
/** All that a page has to be good at; in the short form each width and each scheme once. */
const LOOKS = isShort ? ALL_LOOKS.slice(0, 2) : ALL_LOOKS;

const DESKTOP: Look = { width: 1360, scheme: 'light' };

export interface TestBrowser {
  /** A page of a visitor of its own, who shares nothing with the others, and no cookie. What it must not do is collected from now on. */
  open(url: string, look?: Look): Promise<Page>;
  close(): Promise<void>;
}

/** A Chromium of one file of tests; it takes about a second to start. */
export async function openBrowser(binary: string): Promise<TestBrowser> {
  const browser = await chromium.launch({ executablePath: binary, args: ARGUMENTS, timeout: 60_000 });
  return {
    async open(url, look = DESKTOP) {
      const context = await browser.newContext({
        viewport: viewportOf(look),
        colorScheme: look.scheme,
        // What moves would be drawn half-way.
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await collect(page, new URL(url).origin);
      await page.goto(url);
      return page;
    },
    close: () => browser.close(),
  };
}

const viewportOf = ({ width }: Look) => ({ width, height: width === 390 ? 844 : 900 });

const collected = new WeakMap<Page, string[]>();

async function collect(page: Page, origin: string): Promise<void> {
  const found: string[] = [];
  collected.set(page, found);
  page.on('pageerror', (error) => found.push(`error: ${error.stack ?? error.message}`));
  page.on('console', (message) => {
    // Chromium says of every answer from 400 on that it failed. The API refuses with those, and while it is away nobody answers.
    const isOfApi = message.text().startsWith('Failed to load resource') && message.location().url.includes('/api/v1/');
    if (['error', 'warning'].includes(message.type()) && !isOfApi) found.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) found.push(`another host was asked: ${request.url()}`);
  });
  // Chromium writes most breaches of the content security policy into the console, and the rest only as events.
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    console.error('content security policy: ' + violatedDirective + ' ' + blockedURI + ' ' + sample))`);
}

/** What the page did so far that none may do: breaches of its policy, errors, requests to another host. */
export function violations(page: Page): readonly string[] {
  return collected.get(page) ?? ['nothing was collected: the page was not opened by openBrowser'];
}

/** Fills in the form of whatever page is open, and waits until it has opened. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

/** The value of an expression in the page, a promise awaited. By the debugger's door, to which the page's policy does not apply. */
export async function inPage<T>(page: Page, expression: string): Promise<T> {
  const debug = await page.context().newCDPSession(page);
  try {
    const { result, exceptionDetails } = await debug.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value as T;
  } finally {
    await debug.detach();
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

interface AxeViolation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What breaks WCAG 2.2 AA in the page as it looks now, a line for each rule with its first three places. */
export async function axe(page: Page): Promise<readonly string[]> {
  const options = JSON.stringify({ runOnly: RULES, resultTypes: ['violations'] });
  const found = await inPage<readonly AxeViolation[]>(
    page,
    `(async () => { if (!window.axe) { ${AXE} }; return (await axe.run(${options})).violations; })()`,
  );
  return found.map(({ id, help, nodes }) => {
    const places = nodes.slice(0, 3).map(({ html, failureSummary = '' }) => `${html} ${failureSummary}`);
    return `${id}: ${help}: ${places.join(' | ')}`;
  });
}

const SCREENS = join(import.meta.dirname, '../browser/screens');

/**
 * Draws the page into `screens/NAME-1360-light.png`, as it looks now: the whole of it, or what is seen where a dialog or a bar is above it. Only when that is asked
 * for: it takes time, and pictures of real rollouts are never twice the same.
 */
export async function screen(page: Page, name: string): Promise<void> {
  if (process.env['SERIN_TEST_SCREENS'] !== '1') return;
  const width = page.viewportSize()?.width ?? 0;
  const seen = `[matchMedia('(prefers-color-scheme: dark)').matches, document.querySelector('dialog[open], .bar') !== null]`;
  const [isDark, isBelow] = await inPage<readonly [boolean, boolean]>(page, seen);
  const path = join(SCREENS, `${name}-${width}-${isDark ? 'dark' : 'light'}.png`);
  await page.screenshot({ path, fullPage: !isBelow });
}

/**
 * Looks at the page in every width and scheme, draws each where that is asked for, and returns what axe finds in any of them, and whether the page has to be
 * scrolled sideways to be read (WCAG 1.4.10, which axe does not see).
 */
export async function inspect(page: Page, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const look of LOOKS) {
    await wear(page, look);
    const here = [...(await axe(page)), ...(await widerThanItself(page))];
    found.push(...here.map((line) => `${name}, ${look.width} ${look.scheme}: ${line}`));
    await screen(page, name);
  }
  await wear(page, DESKTOP);
  return found;
}

async function widerThanItself(page: Page): Promise<readonly string[]> {
  const [has, needs] = await inPage<readonly [number, number]>(
    page,
    '[innerWidth, document.documentElement.scrollWidth]',
  );
  return needs > has ? [`the page is ${needs} px wide`] : [];
}

async function wear(page: Page, look: Look): Promise<void> {
  await page.setViewportSize(viewportOf(look));
  await page.emulateMedia({ colorScheme: look.scheme });
}
