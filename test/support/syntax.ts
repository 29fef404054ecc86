/** A node of the syntax tree that `parseAst` of vitest makes. */
export interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

export function* walk(node: Node): Generator<Node> {
  yield node;
  for (const child of children(node)) yield* walk(child);
}

/** Every node directly below, but names that only label a property (`x.process`, `{ process: 1 }`). */
export function children(node: Node): Node[] {
  const found: Node[] = [];
  for (const field in node) {
    if ((field === 'property' || field === 'key') && node['computed'] !== true) continue;
    const value = node[field];
    if (Array.isArray(value)) found.push(...value.filter(isNode));
    else if (isNode(value)) found.push(value);
  }
  return found;
}

export function nodesIn(value: unknown): Node[] {
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

export function asNode(value: unknown): Node {
  if (!isNode(value)) throw new TypeError('not a syntax node');
  return value;
}

/** Of an identifier; empty for everything else. */
export function nameOf(value: unknown): string {
  return isNode(value) && value.type === 'Identifier' ? String(value['name']) : '';
}

/** The names that a parameter or the left side of a declaration binds. */
export function boundBy(pattern: Node): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [nameOf(pattern)];
    case 'AssignmentPattern':
      return nodesIn(pattern['left']).flatMap(boundBy);
    case 'ObjectPattern':
      return nodesIn(pattern['properties']).flatMap(boundBy);
    case 'ArrayPattern':
      return nodesIn(pattern['elements']).flatMap(boundBy);
    case 'Property':
      return nodesIn(pattern['value']).flatMap(boundBy);
    case 'RestElement':
      return nodesIn(pattern['argument']).flatMap(boundBy);
    default:
      return [];
  }
}
