import { parseAst } from 'vitest/node';
import { type Constant, ConstantValues } from './constant-values.ts';
import { asNode, children, isNode, type Node, nameOf, nodesIn } from './syntax.ts';

const TESTS = ['it', 'test'];
const SUITES = ['describe', 'suite'];
const MODIFIERS = ['skip', 'only', 'todo', 'fails', 'concurrent', 'sequential', 'shuffle'];
const CONDITIONS = ['skipIf', 'runIf'];
const TABLES = ['each', 'for'];
/** Makes a suite or, where its service is missing, one with a single test (`require-service.ts`). */
const BY_SERVICE = 'serviceOrSkip';

/** How a call names what it defines. */
interface Definition {
  readonly kind: 'test' | 'suite';
  /** Null where there is none: the title is taken as it stands. */
  readonly table: Node | null;
  /** Of the service that the suite wants. */
  readonly service: Node | null;
}

export interface TestNames {
  /** Of tests and of suites, each as vitest prints it. */
  readonly titles: readonly string[];
  /** `suite > suite > test`, as vitest matches them with `-t`. Null where some are defined in a function, whose caller is not known. */
  readonly full: readonly string[] | null;
}

/** What the tests are called that a file of TypeScript may define. Null where its text alone does not say: a title is computed. */
export function testNames(text: string): TestNames | null {
  const program = parsed(text);
  if (program === null) return null;
  try {
    const names = new Names(program);
    return { titles: names.titles, full: names.full };
  } catch (error) {
    if (error instanceof Unknowable) return null;
    throw error;
  }
}

function parsed(text: string): Node | null {
  try {
    return asNode(parseAst(text, { lang: 'ts' }));
  } catch {
    return null;
  }
}

class Unknowable extends Error {}

class Names {
  readonly titles: string[] = [];
  full: string[] | null = [];
  private readonly constants: ConstantValues;
  /** What `serviceOrSkip` was kept as. */
  private readonly kept = new Map<string, Node>();

  constructor(program: Node) {
    this.constants = new ConstantValues(program);
    this.visit(program, [[]]);
  }

  /** @param within The titles of the suites that this stands in, one list for each row of their tables; null in a function. */
  private visit(node: Node, within: readonly (readonly string[])[] | null): void {
    if (node.type.startsWith('Import') && node.type !== 'ImportExpression') return;
    if (node.type === 'VariableDeclarator' && isNode(node['init']) && isByService(node['init'])) {
      this.kept.set(nameOf(node['id']), node['init']);
      return;
    }
    const definition = node.type === 'CallExpression' ? this.definitionOf(asNode(node['callee'])) : null;
    if (definition !== null) {
      this.define(definition, nodesIn(node['arguments']), within);
      return;
    }
    // A name in a place that is not understood, such as an alias.
    if ([...TESTS, ...SUITES, BY_SERVICE, ...this.kept.keys()].includes(nameOf(node))) throw new Unknowable();
    const inside = /Function/.test(node.type) ? null : within;
    for (const child of children(node)) this.visit(child, inside);
  }

  private define(
    { kind, table, service }: Definition,
    [title, ...rest]: readonly Node[],
    within: readonly (readonly string[])[] | null,
  ): void {
    if (title === undefined) throw new Unknowable();
    const titles = this.titlesOf(title, table);
    this.titles.push(...titles);
    const names = within?.flatMap((outer) => titles.map((one) => [...outer, one])) ?? null;
    if (kind === 'test') {
      this.add(names);
      return;
    }
    if (service !== null) {
      const needs = this.servicesOf(service).map((name) => `needs ${name}`);
      this.titles.push(...needs);
      this.add(names?.flatMap((outer) => needs.map((one) => [...outer, one])) ?? null);
    }
    const body = rest.findLast(({ type }) => /Function/.test(type));
    if (body === undefined) throw new Unknowable();
    this.visit(asNode(body['body']), names);
  }

  private add(names: readonly (readonly string[])[] | null): void {
    if (names === null) this.full = null;
    this.full?.push(...(names ?? []).map((name) => name.join(' > ')));
  }

  private servicesOf(service: Node): string[] {
    const either = service.type === 'ConditionalExpression' ? [service['consequent'], service['alternate']] : [service];
    const names = nodesIn(either).map((one) => this.constants.valueOf(one));
    return names.map((name) => {
      if (typeof name !== 'string') throw new Unknowable();
      return name;
    });
  }

  private titlesOf(title: Node, table: Node | null): string[] {
    const template = this.constants.valueOf(title);
    if (typeof template !== 'string') throw new Unknowable();
    if (table === null) return [template];
    if (!/[%$]/.test(template)) return [template];
    const rows = this.constants.elementsOf(table);
    if (rows === undefined) throw new Unknowable();
    return rows.map((row) => this.titleOf(template, this.constants.elementsOf(row) ?? [row]));
  }

  /** As vitest fills it in, for what is written alike by everybody. */
  private titleOf(template: string, items: readonly Node[]): string {
    if (/%[#$%coO]|\$[\p{ID_Continue}.$]/u.test(template)) throw new Unknowable();
    let next = 0;
    return template.replaceAll(/%[sdijf]/g, (place) => {
      const item = items[next++];
      const value = item && this.constants.valueOf(item);
      const text = value === undefined ? undefined : written(place, value);
      if (text === undefined) throw new Unknowable();
      return text;
    });
  }

  private definitionOf(callee: Node): Definition | null {
    const name = nameOf(callee);
    if (TESTS.includes(name)) return { kind: 'test', table: null, service: null };
    if (SUITES.includes(name)) return { kind: 'suite', table: null, service: null };
    const byService = isByService(callee) ? callee : this.kept.get(name);
    if (byService) {
      const [service] = nodesIn(byService['arguments']);
      return { kind: 'suite', table: null, service: service ?? null };
    }
    if (callee.type === 'MemberExpression' && MODIFIERS.includes(nameOf(callee['property']))) {
      return this.definitionOf(asNode(callee['object']));
    }
    if (callee.type !== 'CallExpression') return null;
    const inner = asNode(callee['callee']);
    const method = inner.type === 'MemberExpression' ? nameOf(inner['property']) : '';
    if (![...CONDITIONS, ...TABLES].includes(method)) return null;
    const definition = this.definitionOf(asNode(inner['object']));
    const [argument] = nodesIn(callee['arguments']);
    return definition && TABLES.includes(method) ? { ...definition, table: argument ?? null } : definition;
  }
}

function isByService(node: Node): boolean {
  return node.type === 'CallExpression' && nameOf(node['callee']) === BY_SERVICE;
}

function written(place: string, value: Constant): string | undefined {
  if (place === '%j') return JSON.stringify(value);
  if (place === '%s') return typeof value === 'object' && value !== null ? undefined : String(value);
  if (place === '%i' && !Number.isSafeInteger(value)) return undefined;
  return typeof value === 'number' ? String(value) : undefined;
}
