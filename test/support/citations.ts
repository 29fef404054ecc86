/** A document that a comment or the name of a test cites. */
export interface Citation {
  /** As it is written: `docs/statistics.md`, `README.md`. */
  readonly document: string;
  /** Numbers of sections of it: `3.9`. */
  readonly sections: readonly string[];
}

const BLOCK_COMMENT = /\/\*[\s\S]*?\*\//g;
const LINE_COMMENTS = /(?:^[^\S\n]*\/\/ .*\n?)+|[^\S\n]\/\/ .*$/gm;
const TEST_NAME = /^\s*(?:describe|it)\b[^'"`\n]*(['"`])((?:(?!\1).)*)\1/gm;
const DOCUMENT = /(?<![\w./-])([\w./-]+\.md)(?: sections? ((?:\d+(?:\.\d+)*)(?:(?:,| and|, and) \d+(?:\.\d+)*)*))?/g;

/** What the comments and the names of tests in a TypeScript file cite. A line break in a comment is a blank. */
export function citationsIn(source: string): readonly Citation[] {
  const comments = [...(source.match(BLOCK_COMMENT) ?? []), ...(source.match(LINE_COMMENTS) ?? [])];
  const names = [...source.matchAll(TEST_NAME)].map(([, , name = '']) => name);
  return [...comments.map(unwrapped), ...names].flatMap((text) =>
    [...text.matchAll(DOCUMENT)].map(([, document = '', sections = '']) => ({
      document,
      sections: sections.match(/\d+(?:\.\d+)*/g) ?? [],
    })),
  );
}

function unwrapped(comment: string): string {
  return comment.replace(/\s*\n\s*(?:\*(?!\/)|\/\/)?\s*/g, ' ');
}
