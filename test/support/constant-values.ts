import { boundBy, isNode, type Node, nameOf, nodesIn, walk } from './syntax.ts';

export type Constant = string | number | boolean | null | readonly Constant[] | { readonly [key: string]: Constant };

/** Of an array that is a constant, these change nothing. */
const READING = ['length', 'map', 'filter', 'flatMap', 'join', 'slice', 'includes', 'some', 'every', 'entries', 'at'];

/** What expressions of one file are worth, as far as its text alone says so. */
export class ConstantValues {
  /** The initialisers of names that are declared once, as constants, and never changed. */
  private readonly initialisers: ReadonlyMap<string, Node>;

  constructor(program: Node) {
    this.initialisers = initialisersIn([...walk(program)]);
  }

  /** Undefined where running the file could tell something else. */
  valueOf(node: Node): Constant | undefined {
    switch (node.type) {
      case 'Literal':
        return constantOrNot(node['value']);
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
        return this.inner(node['expression']);
      case 'UnaryExpression':
        return negated(node, this.inner(node['argument']));
      case 'TemplateLiteral':
        return this.template(node);
      case 'ArrayExpression':
        return allOf(this.elementsOf(node)?.map((element) => this.valueOf(element)));
      case 'ObjectExpression':
        return this.object(node);
      case 'CallExpression':
        return this.repeated(node);
      case 'Identifier':
        return this.inner(this.initialisers.get(nameOf(node)));
      default:
        return undefined;
    }
  }

  /** The rows of a table, known or not; undefined where it cannot be said how many there are. */
  elementsOf(node: Node): readonly Node[] | undefined {
    if (['TSAsExpression', 'TSSatisfiesExpression'].includes(node.type)) {
      return isNode(node['expression']) ? this.elementsOf(node['expression']) : undefined;
    }
    if (node.type === 'Identifier') {
      const initialiser = this.initialisers.get(nameOf(node));
      return initialiser && this.elementsOf(initialiser);
    }
    const elements = node['elements'];
    if (node.type !== 'ArrayExpression' || !Array.isArray(elements)) return undefined;
    const known: Node[] = [];
    for (const element of elements) {
      if (!isNode(element)) return undefined;
      const spread = element.type === 'SpreadElement' ? element['argument'] : null;
      const within = isNode(spread) ? this.elementsOf(spread) : [element];
      if (within === undefined) return undefined;
      known.push(...within);
    }
    return known;
  }

  private inner(node: unknown): Constant | undefined {
    return isNode(node) ? this.valueOf(node) : undefined;
  }

  private template(node: Node): string | undefined {
    const values = nodesIn(node['expressions']).map((expression) => {
      const value = this.valueOf(expression);
      return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
    });
    if (values.includes(undefined)) return undefined;
    const texts = nodesIn(node['quasis']).map(({ value }) => (value as { readonly cooked: string }).cooked);
    return texts.map((text, at) => `${text}${values[at] ?? ''}`).join('');
  }

  /** `'x'.repeat(5)`. */
  private repeated(node: Node): string | undefined {
    const callee = node['callee'];
    if (!isNode(callee) || nameOf(callee['property']) !== 'repeat') return undefined;
    const [text, times] = [this.inner(callee['object']), this.inner(nodesIn(node['arguments'])[0])];
    return typeof text === 'string' && typeof times === 'number' ? text.repeat(times) : undefined;
  }

  private object(node: Node): Constant | undefined {
    const entries: [string, Constant][] = [];
    for (const property of nodesIn(node['properties'])) {
      const key = isNode(property['key']) ? nameOf(property['key']) || property['key']['value'] : undefined;
      const value = this.inner(property['value']);
      if (property.type !== 'Property' || property['computed'] === true) return undefined;
      if (typeof key !== 'string' || value === undefined) return undefined;
      entries.push([key, value]);
    }
    return Object.fromEntries(entries);
  }
}

function constantOrNot(value: unknown): Constant | undefined {
  const isKnown = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return isKnown ? (value as Constant) : undefined;
}

function negated(node: Node, value: Constant | undefined): number | undefined {
  // -0 is written in several ways.
  return node['operator'] === '-' && typeof value === 'number' && value !== 0 ? -value : undefined;
}

function allOf(values: readonly (Constant | undefined)[] | undefined): Constant[] | undefined {
  const known = values?.filter((value) => value !== undefined);
  return known?.length === values?.length ? known : undefined;
}

function initialisersIn(nodes: readonly Node[]): Map<string, Node> {
  const declarations = nodes.filter(({ type }) => type === 'VariableDeclaration');
  const initialised = declarations.flatMap(({ kind, declarations: declared }) =>
    nodesIn(declared).flatMap(({ id, init }): [string, Node][] =>
      kind === 'const' && isNode(init) && nameOf(id) !== '' ? [[nameOf(id), init]] : [],
    ),
  );
  const bound = nodes.flatMap(({ type, params, param, id }) => [
    ...nodesIn(params).flatMap(boundBy),
    ...nodesIn(param).flatMap(boundBy),
    ...(type.startsWith('TS') ? [] : nodesIn(id).flatMap(boundBy)),
  ]);
  const changed = new Set(nodes.flatMap(changedBy));
  const isBoundOnce = (name: string) => bound.indexOf(name) === bound.lastIndexOf(name);
  return new Map(initialised.filter(([name]) => isBoundOnce(name) && !changed.has(name)));
}

/** The names whose arrays and objects may be worth something else after this node. */
function changedBy(node: Node): string[] {
  switch (node.type) {
    case 'CallExpression': {
      // A table is read; any other function may do as it likes.
      const isTable = isNode(node['callee']) && ['each', 'for'].includes(nameOf(node['callee']['property']));
      return isTable ? [] : nodesIn(node['arguments']).map(nameOf);
    }
    case 'NewExpression':
      return nodesIn(node['arguments']).map(nameOf);
    case 'MemberExpression':
      return READING.includes(nameOf(node['property'])) ? [] : [nameOf(node['object'])];
    default:
      return [];
  }
}
