import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument } from 'yaml';
import type { Issue } from '../problem/problem.ts';
import { printable, shown } from './fault.ts';
import { issueAt, type SourceDocument, type SourceText, sourceDocument, sourceText } from './place.ts';
import { isStorable, UNSTORABLE } from './storable.ts';
import { likelySecretRanges, secretRanges } from './text/hidden-values.ts';

/** Of a document, unless its reader allows more. */
export const MOST_YAML_BYTES = 64 * 1024;
const DEEPEST = 20;
const MOST_ISSUES = 20;
const TOO_DEEP = `the document is nested more than ${DEEPEST} levels deep`;

export type YamlReading =
  | { readonly ok: true; readonly value: unknown; readonly document: SourceDocument }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/**
 * One YAML 1.2 core document as plain data. Rejected, because a configuration needs none of it and each has been used
 * to attack a reader or to mislead a reviewer: more than 64 KiB (or what the reader allows), more than 20 levels, anchors, aliases, tags beyond the
 * core schema, directives, the key `__proto__`, keys that are not text, duplicate keys, several documents, and what no database
 * stores.
 */
export function parseYaml(text: string, file: string, mostBytes: number = MOST_YAML_BYTES): YamlReading {
  const plain = sourceText(text.replace(/^\uFEFF/, ''), file);
  if (text.length > mostBytes || new TextEncoder().encode(text).length > mostBytes) {
    return { ok: false, issues: [issueAt(unparsed(plain), 0, `the document is larger than ${mostBytes / 1024} KiB`)] };
  }
  const document = parseDocument(plain.text, {
    prettyErrors: false,
    stringKeys: true,
    // The parser compares every key with every other; refusals() does it in one pass.
    uniqueKeys: false,
    resolveKnownTags: false,
    schema: 'core',
    merge: false,
  });
  const hidden = secretRanges(document.contents, plain.text);
  const source = { ...plain, hidden };
  const syntax = syntaxIssues(document, unparsed(source));
  const issues = syntax.length > 0 ? syntax : refusals(document.contents, source);
  if (issues.length > 0) return { ok: false, issues: issues.slice(0, MOST_ISSUES) };
  return {
    ok: true,
    value: document.toJS({ maxAliasCount: 0 }),
    document: sourceDocument(source, document.contents),
  };
}

/** Where no tree says, or not all of it, where values end. */
function unparsed(source: SourceText): SourceText {
  return { ...source, hidden: [...source.hidden, ...likelySecretRanges(source.text)] };
}

function syntaxIssues(document: Document.Parsed, source: SourceText): Issue[] {
  if (document.directives.yaml.explicit) return [issueAt(source, 0, 'directives such as %YAML are not allowed')];
  const faults = [...document.errors, ...document.warnings];
  const exhausted = faults.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (exhausted) return [issueAt(source, exhausted.pos[0], TOO_DEEP)];
  return faults.map(({ code, message, pos }) => issueAt(source, pos[0], saysOf(code, message)));
}

function saysOf(code: string, message: string): string {
  switch (code) {
    case 'MULTIPLE_DOCS':
      return 'the file must hold one document: a second one begins here';
    case 'TAG_RESOLVE_FAILED':
      return 'the tag is not one of the core schema';
    case 'NON_STRING_KEY':
      return 'a key must be a text';
    default:
      return printable(message.split('\n', 1)[0] ?? message);
  }
}

function refusals(root: ParsedNode | null, source: SourceText): Issue[] {
  const issues: Issue[] = [];
  const refuse = (offset: number, message: string) => issues.push(issueAt(source, offset, message));

  const visit = (node: ParsedNode | null, depth: number): void => {
    if (node === null) return;
    if (depth > DEEPEST) refuse(node.range[0], TOO_DEEP);
    else if (isAlias(node)) refuse(node.range[0], 'aliases are not allowed: repeat the value');
    else if (node.anchor !== undefined) refuse(node.range[0], 'anchors are not allowed: nothing may refer to them');
    else if (isScalar(node)) {
      if (typeof node.value === 'string' && !isStorable(node.value)) refuse(node.range[0], `a text ${UNSTORABLE}`);
    } else if (isSeq(node)) for (const item of node.items) visit(item, depth + 1);
    else if (isMap(node)) {
      const seen = new Set<string>();
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : '';
        if (name === '__proto__') refuse(key.range[0], 'the key __proto__ is not allowed');
        if (seen.has(name)) refuse(key.range[0], `the key ${shown(name)} is given twice`);
        seen.add(name);
        visit(key, depth);
        visit(value, depth + 1);
      }
    }
  };
  visit(root, 1);
  return issues;
}
