import { parseAst } from 'vitest/node';
import { asNode, boundBy, children, isNode, type Node, nameOf, nodesIn, walk } from './syntax.ts';

export interface Import {
  /** As written, `../policy/units.ts` or `hono`; null for a dynamic import of something computed. */
  readonly specifier: string | null;
  readonly kind: 'type' | 'value';
  /** The names taken, as the other file exports them; `*` for a whole namespace. */
  readonly names: readonly string[];
}

export interface SourceFile {
  /** Relative to the root of the tree, with forward slashes: `src/policy/units.ts`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** Uses of the clock, of chance and of the outside world, such as `Date.now` and `process`. */
  readonly ambient: readonly string[];
  readonly exports: 'named' | 'default';
  /** The names that the file declares and exports; what it passes on from another file is declared there. */
  readonly declares: readonly string[];
}

const AMBIENT = [
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'globalThis',
  'performance',
  'process',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'Temporal',
];

/** Reads a TypeScript file with a real parser, so that comments, strings and types are never taken for code. */
export function parseSourceFile(path: string, text: string): SourceFile {
  const program = asNode(parseAst(text, { lang: path.endsWith('.tsx') ? 'tsx' : 'ts' }));
  const nodes = [...walk(program)];
  return {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: nodes.flatMap(importOf),
    ambient: [...new Set(ambientUses(program, new Set()))],
    exports: nodes.some(({ type }) => type === 'ExportDefaultDeclaration') ? 'default' : 'named',
    declares: [...new Set(nodesIn(program['body']).flatMap(declaredBy))],
  };
}

function declaredBy(statement: Node): string[] {
  if (statement.type !== 'ExportNamedDeclaration' || isNode(statement['source'])) return [];
  const [declaration] = nodesIn(statement['declaration']);
  if (!declaration) return nodesIn(statement['specifiers']).map(({ exported }) => nameOf(exported));
  if (declaration.type !== 'VariableDeclaration') return [nameOf(declaration['id'])];
  return nodesIn(declaration['declarations']).flatMap(({ id }) => nodesIn(id).flatMap(boundBy));
}

function importOf(node: Node): Import[] {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration': {
      if (!isNode(node['source'])) return [];
      return [{ specifier: literal(node['source']), kind: kindOf(node), names: namesOf(node) }];
    }
    case 'ImportExpression':
      return [{ specifier: literal(asNode(node['source'])), kind: 'value', names: ['*'] }];
    case 'TSImportType':
      return [{ specifier: literal(asNode(node['source'])), kind: 'type', names: ['*'] }];
    case 'CallExpression': {
      // Of createRequire: a package taken in its CommonJS build.
      const [specifier] = nodesIn(node['arguments']);
      if (nameOf(node['callee']) !== 'require' || !specifier) return [];
      return [{ specifier: literal(specifier), kind: 'value', names: ['*'] }];
    }
    default:
      return [];
  }
}

function kindOf(node: Node): Import['kind'] {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return 'type';
  const specifiers = nodesIn(node['specifiers']);
  const everyOneIsAType = specifiers.length > 0 && specifiers.every(({ importKind }) => importKind === 'type');
  return everyOneIsAType ? 'type' : 'value';
}

function namesOf(node: Node): string[] {
  if (node.type === 'ExportAllDeclaration') return ['*'];
  return nodesIn(node['specifiers']).map((specifier) => {
    if (specifier.type === 'ImportNamespaceSpecifier') return '*';
    if (specifier.type === 'ImportDefaultSpecifier') return 'default';
    const name = asNode(specifier.type === 'ExportSpecifier' ? specifier['local'] : specifier['imported']);
    return String(name['name'] ?? name['value']);
  });
}

/** Like `walk`, but knows that a parameter or a variable may be called `process` and mean a statistical one. */
function ambientUses(node: Node, outer: ReadonlySet<string>): string[] {
  const bound = new Set([...outer, ...bindings(node)]);
  return [...ambientUse(node, bound), ...children(node).flatMap((child) => ambientUses(child, bound))];
}

function ambientUse(node: Node, bound: ReadonlySet<string>): string[] {
  if (node.type === 'MemberExpression') {
    const member = `${nameOf(node['object'])}.${nameOf(node['property'])}`;
    return ['Date.now', 'Math.random'].includes(member) ? [member] : [];
  }
  if (node.type === 'CallExpression' && nameOf(node['callee']) === 'Date') return ['Date()'];
  if (node.type === 'NewExpression' && nameOf(node['callee']) === 'Date') {
    return nodesIn(node['arguments']).length === 0 ? ['new Date()'] : [];
  }
  const name = nameOf(node);
  return AMBIENT.includes(name) && !bound.has(name) ? [name] : [];
}

/** The names that a function or a block binds for everything below it. */
function bindings(node: Node): string[] {
  const declared = nodesIn(node['body'])
    .filter(({ type }) => type === 'VariableDeclaration')
    .flatMap((declaration) => nodesIn(declaration['declarations']).map(({ id }) => id));
  return [...nodesIn(node['params']), ...nodesIn(declared)].flatMap(boundBy);
}

function literal(node: Node): string | null {
  return node.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : null;
}
