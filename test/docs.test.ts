import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { citationsIn } from './support/citations.ts';
import { filesIn, type Page, parsePage, ROOT, readPages } from './support/pages.ts';

const pages = readPages();
const byPath = new Map(pages.map((page) => [page.path, page]));
const sources = filesIn('{src,test,scripts}/**/*.ts', 'scripts/*.mjs').map((path) => ({
  path,
  text: readFileSync(`${ROOT}${path}`, 'utf8'),
}));
const declared: { readonly files: readonly string[] } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
/** What npm ships without being told. */
const ALWAYS = ['README.md', 'LICENSE', 'package.json'];

const isOutside = (target: string) => /^[a-z][a-z+.-]*:/i.test(target);

function exists(path: string): boolean {
  return existsSync(`${ROOT}${path}`);
}

/** Where a relative link of a page leads, without its anchor. */
function destination({ path }: Page, target: string): string {
  const [file = ''] = target.split('#');
  return file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file));
}

function hasAnchor(path: string, target: string): boolean {
  const anchor = target.split('#')[1];
  return anchor === undefined || byPath.get(path)?.anchors.has(decodeURIComponent(anchor)) === true;
}

describe('every page', () => {
  it('has links that lead to a file, and to a heading of it', () => {
    const broken = pages.flatMap((page) =>
      page.links
        .filter((target) => !isOutside(target))
        .filter((target) => !exists(destination(page, target)) || !hasAnchor(destination(page, target), target))
        .map((target) => `${page.path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('names in its text only files of the repository', () => {
    const inRepository = /^(?:src|test|docs|policies|scripts|deploy|drizzle|tools)\/[\w./*-]*$/;
    const unknown = pages
      .filter(({ path }) => path !== 'CHANGELOG.md')
      .flatMap(({ path, code }) =>
        code
          .filter((span) => inRepository.test(span))
          .filter((span) => globSync(span, { cwd: ROOT }).length === 0)
          .map((span) => `${path}: ${span}`),
      );
    expect(unknown).toEqual([]);
  });

  it('cites no document that is not here', () => {
    const unknown = pages
      .filter(({ path }) => path !== 'CHANGELOG.md')
      .flatMap((page) =>
        [page.prose, ...page.code]
          .flatMap((text) => text.match(/(?<![\w./*-])[\w./-]+\.md\b/g) ?? [])
          .filter((document) => !exists(document) && !exists(destination(page, document)))
          .map((document) => `${page.path}: ${document}`),
      );
    expect(unknown).toEqual([]);
  });
});

describe('the pages that are shipped', () => {
  it('link to nothing that is not shipped with them', () => {
    const isShipped = (path: string) =>
      ALWAYS.includes(path) || declared.files.some((entry) => path === entry || path.startsWith(`${entry}/`));
    const lost = pages
      .filter(({ path }) => path.startsWith('docs/'))
      .flatMap((page) =>
        page.links
          .filter((target) => !isOutside(target) && !isShipped(destination(page, target)))
          .map((target) => `${page.path}: ${target}`),
      );
    expect(lost).toEqual([]);
  });

  it('can all be reached from the index or the README', () => {
    const reached = new Set(['README.md', 'docs/README.md']);
    // A set that grows is walked to its new end.
    for (const path of reached) {
      const page = byPath.get(path);
      if (page === undefined) continue;
      for (const target of page.links) if (!isOutside(target)) reached.add(destination(page, target));
    }
    // A link to a folder shows what is in it.
    const lost = pages.filter(({ path }) => !reached.has(path) && !reached.has(posix.dirname(path)));
    expect(lost.map(({ path }) => path).filter((path) => path.startsWith('docs/'))).toEqual([]);
  });
});

describe('a comment or the name of a test', () => {
  const citations = sources
    .filter(({ path }) => path !== 'test/docs.test.ts' && !path.startsWith('test/support/citations'))
    .flatMap(({ path, text }) => citationsIn(text).map((citation) => ({ path, ...citation })));

  it('cites only documents that are there, by their path', () => {
    const unknown = citations.filter(({ document }) => !exists(document));
    expect(unknown.map(({ path, document }) => `${path}: ${document}`)).toEqual([]);
    expect(citations.length).toBeGreaterThan(40);
  });

  it('and any other text in src names only pages that are there', () => {
    const unknown = sources
      .filter(({ path }) => path.startsWith('src/'))
      .flatMap(({ path, text }) =>
        (text.match(/\bdocs\/[\w/-]+\.md\b/g) ?? []).filter((page) => !exists(page)).map((page) => `${path}: ${page}`),
      );
    expect(unknown).toEqual([]);
  });

  it('cites only sections that the document has', () => {
    const unknown = citations.flatMap(({ path, document, sections }) =>
      sections
        .filter((section) => !byPath.get(document)?.headings.some((heading) => isSection(heading, section)))
        .map((section) => `${path}: ${document} section ${section}`),
    );
    expect(unknown).toEqual([]);
  });

  it('that holds a promise of docs/failures.md is named there', () => {
    const failures = byPath.get('docs/failures.md');
    const holding = citations.filter(({ document }) => document === failures?.path).map(({ path }) => path);
    expect([...new Set(holding)].filter((path) => !failures?.code.includes(path))).toEqual([]);
  });
});

function isSection(heading: string, section: string): boolean {
  return heading.startsWith(`${section} `) || heading.startsWith(`${section}. `);
}

describe('the readers of this test', () => {
  it('make the anchors that GitHub makes', () => {
    const { anchors } = parsePage('# A `code` title\n## 3.11 Shared fault\n## Same\n## Same\n```\n# none\n```\n');
    expect([...anchors]).toEqual(['a-code-title', '311-shared-fault', 'same', 'same-1']);
  });

  it('find links, and none in code', () => {
    const { links } = parsePage('[a](b.md#c) and ![x](y.png "z"), `[no](link)`\n\n    [no](link)\n\n[r]: d.md\n');
    expect(links).toEqual(['b.md#c', 'y.png', 'd.md']);
  });

  it('find citations over a line break, with one section or several', () => {
    const source = [
      '/**',
      ' * Some test (docs/statistics.md',
      ' * sections 2.4 and 3.4).',
      ' */',
      'const x = 1; // docs/routes.md',
      "describe('docs/failures.md: overload', () => {",
    ].join('\n');
    expect(citationsIn(source)).toEqual([
      { document: 'docs/statistics.md', sections: ['2.4', '3.4'] },
      { document: 'docs/routes.md', sections: [] },
      { document: 'docs/failures.md', sections: [] },
    ]);
  });
});
