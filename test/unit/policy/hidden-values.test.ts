import { expect, it } from 'vitest';
import { formatIssue } from '../../../src/policy/place.ts';
import { parseYaml } from '../../../src/policy/yaml.ts';

/** What is shown of a fault at the root's first value, and of each line of the text. */
function shownOf(text: string): string {
  const yaml = parseYaml(text, 'serin.yaml');
  if (!yaml.ok) return yaml.issues.map(formatIssue).join('\n');
  const paths = pathsOf(yaml.value);
  return paths.map((path) => formatIssue(yaml.document.issue({ path, message: 'is wrong', at: 'value' }))).join('\n');
}

function pathsOf(value: unknown, above: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [above];
  return Object.entries(value).flatMap(([key, inner]) => [[...above, key], ...pathsOf(inner, [...above, key])]);
}

it.each([
  ['of a channel', 'channels: { pagerduty: { routingKey: hunter2 } }'],
  ['in quotes, with what ends a value', 'auth: { bearer: "hunter2, } # hunter2", other: 1 }'],
  ['on a line of its own', 'auth:\n  bearer:\n    hunter2\n'],
  ['as a block', 'auth:\n  bearer: |\n    hunter2\n    hunter2\n'],
  ['where nobody expects one', 'sources: { main: { password: hunter2, auth: hunter2 } }'],
  ['as a mapping or a list', 'clientSecret: { value: hunter2, all: [a, hunter2] }'],
  ['as the default of a variable', `routingKey: "\${KEY:-hunter2}"`],
  ['behind a tag', 'bearer: !hunter2 hunter2'],
  ['behind an anchor', 'bearer: &hunter2 hunter2'],
  ['as an alias', 'bearer: *hunter2'],
  ['in a text that is no YAML', 'auth: { bearer: hunter2\n  password: hunter2: [\n'],
  ['beside a syntax error', 'auth: { bearer: "hunter2 \\q" }'],
  ['behind a key in quotes', '"api-key": hunter2\nbearer: "hunter2\n'],
  ['in a document that is too large', `token: hunter2 ${'x'.repeat(65_536)}`],
])('hides a secret that stands in the file: %s', (_, text) => {
  const shown = shownOf(text);
  expect(shown).toContain('serin.yaml:');
  expect(shown).not.toContain('hunter2');
});

it('shows everything else, and the caret where it was', () => {
  const text = `auth: { bearer: "\${TOKEN}", basic: { password: file:/run/key } }\nca: file:ca.pem\npath: /shop\n`;
  const yaml = parseYaml(text, 'a');
  if (!yaml.ok) throw new Error('it is valid');
  const [top] = yaml.document.issue({ path: ['auth', 'basic'], message: '', at: 'value' }).excerpt?.split('\n') ?? [];
  expect(top).toBe(text.split('\n')[0]);
  expect(shownOf('bearer: abc\nx: 1')).toMatch(/bearer: \*{3}\n {8}\^/);
});
