import { isMap, isScalar, isSeq, LineCounter, type ParsedNode } from 'yaml';
import type { Issue } from '../problem/problem.ts';
import { type DocumentFault, formatPath, printable } from './fault.ts';
import type { TextRange } from './text/hidden-values.ts';

const WIDEST = 160;

/** A parsed document, kept to locate faults found later in the text. */
export interface SourceDocument {
  readonly file: string;
  /** As it was read, without a byte order mark. */
  readonly text: string;
  readonly issue: (fault: DocumentFault) => Issue;
}

/** A text with its line starts; offsets are UTF-16 units from its start. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
  readonly lines: LineCounter;
  /** What no excerpt shows. */
  readonly hidden: readonly TextRange[];
}

/** A text and its line starts. `file` is only a label. */
export function sourceText(text: string, file: string): SourceText {
  const lines = new LineCounter();
  // Not left to the parser, which skips line starts where it recovers from a syntax error.
  for (let start = 0; start >= 0; start = nextLine(text, start)) lines.addNewLine(start);
  return { file, text, lines, hidden: [] };
}

function nextLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? -1 : end + 1;
}

/** The document's root is null when the text holds no value. */
export function sourceDocument(source: SourceText, root: ParsedNode | null): SourceDocument {
  return {
    file: source.file,
    text: source.text,
    issue: (fault) => issueAt(source, offsetOf(root, fault), fault.message, formatPath(fault.path)),
  };
}

/** The issue at an offset of the text; lines and columns count from one. */
export function issueAt(source: SourceText, offset: number, message: string, path = ''): Issue {
  const { line, col } = source.lines.linePos(Math.min(Math.max(offset, 0), source.text.length));
  const place = { file: source.file, line, column: col };
  return { path, message, place, excerpt: excerpt(source, place) };
}

/** `policies/payments.yaml:14:7 weight must rise: 10% after 50%`, the line and a caret under the place. */
export function formatIssue(issue: Issue): string {
  if (!issue.place) return issue.path === '' ? issue.message : `${issue.path}: ${issue.message}`;
  const { file, line, column } = issue.place;
  const head = `${file}:${line}:${column} ${issue.message}`;
  return issue.excerpt === undefined ? head : `${head}\n${issue.excerpt}`;
}

function excerpt({ text, lines, hidden }: SourceText, { line, column }: { line: number; column: number }): string {
  const start = lines.lineStarts[line - 1] ?? 0;
  const end = text.indexOf('\n', start);
  const whole = withStars(text.slice(start, end < 0 ? text.length : end).replace(/\r$/, ''), start, hidden);
  const from = column > WIDEST ? column - WIDEST / 2 : 0;
  const shown = masked(printable(whole.slice(from, from + WIDEST)));
  const indent = shown.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  return `${shown}\n${indent}^`;
}

/** A missing key has no position: the fault is placed at the key of its parent. */
function offsetOf(root: ParsedNode | null, fault: DocumentFault): number {
  let node = root;
  let key = root?.range[0] ?? 0;
  for (const part of fault.path) {
    const child = childOf(node, part);
    if (child === null) return key;
    key = child.key;
    node = child.node;
  }
  const empty = node === null || (isScalar(node) && node.source === '');
  return fault.at === 'key' || empty ? key : (node?.range[0] ?? key);
}

function childOf(node: ParsedNode | null, part: string | number): { key: number; node: ParsedNode | null } | null {
  if (isSeq(node)) {
    const item = typeof part === 'number' ? node.items[part] : undefined;
    return item ? { key: item.range[0], node: item } : null;
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
  return pair ? { key: pair.key.range[0], node: pair.value } : null;
}

/** Masks a password in a URL, because output may be stored. The width stays the same, so the caret still fits. */
function masked(line: string): string {
  return line.replace(/(?<=:\/\/[^\s/@:]*:)[^\s/@]+(?=@)/g, (password) => '*'.repeat(password.length));
}

/** The width stays the same here as well. */
function withStars(line: string, start: number, hidden: readonly TextRange[]): string {
  return hidden.reduce((shown, [from, to]) => {
    const [first, last] = [Math.max(from - start, 0), Math.min(to - start, line.length)];
    if (first >= last) return shown;
    return shown.slice(0, first) + shown.slice(first, last).replace(/\S/g, '*') + shown.slice(last);
  }, line);
}
