import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface YamlExample {
  /** `docs/routes.md 1` */
  readonly where: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Every fenced block of YAML in the README and the pages of docs that is a mapping. */
export function yamlExamples(): readonly YamlExample[] {
  return ['README.md', ...globSync('docs/**/*.md', { cwd: root }).sort()].flatMap((page) => {
    const text = readFileSync(`${root}${page}`, 'utf8');
    return [...text.matchAll(/^( *)```yaml\n([\s\S]*?)^\1```/gm)].flatMap(([, indent = '', block = ''], at) => {
      const value: unknown = parse(block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
      return isMapping(value) ? [{ where: `${page} ${at + 1}`, value }] : [];
    });
  });
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
