import { globSync, readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A page of the repository, read as GitHub renders it. */
export interface Page {
  /** Relative to the root, with forward slashes: `docs/routes.md`. */
  readonly path: string;
  readonly text: string;
  /** Headings without their marks, in order: `3.9 Series: one value per version and interval`. */
  readonly headings: readonly string[];
  /** What a link may name behind `#`. */
  readonly anchors: ReadonlySet<string>;
  /** Targets of links as they are written, with their anchors. */
  readonly links: readonly string[];
  /** Spans of code outside of fences. */
  readonly code: readonly string[];
  /** The text without fenced and indented code, spans of code and links. */
  readonly prose: string;
}

export function filesIn(...patterns: readonly string[]): readonly string[] {
  return globSync([...patterns], { cwd: ROOT, exclude: ['**/node_modules/**', '**/dist/**'] })
    .map((path) => path.replaceAll(sep, '/'))
    .toSorted();
}

export function readPages(): readonly Page[] {
  return filesIn('*.md', '{docs,src,test,deploy,policies,scripts,tools}/**/*.md').map(readPage);
}

export function readPage(path: string): Page {
  const text = readFileSync(`${ROOT}${path}`, 'utf8');
  return { path, text, ...parsePage(text) };
}

export function parsePage(text: string): Omit<Page, 'path' | 'text'> {
  const unfenced = text.replace(/^( *)(```|~~~)[\s\S]*?^\1\2 *$/gm, '').replace(/^ {4,}\S.*$/gm, '');
  const headings = [...unfenced.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading = '']) => heading);
  const code = [...unfenced.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  const plain = unfenced.replace(/`[^`\n]+`/g, '``');
  const links = [...plain.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map(([, target = '']) => target);
  const defined = [...plain.matchAll(/^\[[^\]]+\]: +(\S+)/gm)].map(([, target = '']) => target);
  return {
    headings,
    anchors: anchorsOf(headings),
    links: [...links, ...defined],
    code,
    prose: plain.replace(/\[[^\]]*\]\([^)]*\)/g, '').replace(/https?:\/\/\S+/g, ''),
  };
}

/** As GitHub makes them: lower case, blanks to hyphens, no punctuation; a second one of the same name gets `-1`. */
function anchorsOf(headings: readonly string[]): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const base = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let anchor = base;
    for (let more = 1; anchors.has(anchor); more += 1) anchor = `${base}-${more}`;
    anchors.add(anchor);
  }
  return anchors;
}
