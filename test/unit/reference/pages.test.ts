import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandsByName } from '../../../scripts/reference/commands.ts';
import { REFUSALS, refusalsIn } from '../../../scripts/reference/refusals.ts';
import { filled, regionsOf } from '../../../scripts/reference/regions.ts';
import { sources } from '../../../scripts/reference/sources.ts';
import { HTTP_PROBLEMS } from '../../../src/api/problem-answer.ts';
import { problemDetails } from '../../../src/api/problem-schema.ts';

const folder = fileURLToPath(new URL('../../../docs/reference/', import.meta.url));
const read = (page: string) => readFileSync(`${folder}${page}`, 'utf8');

describe('a generated part', () => {
  const page =
    'before\n<!-- generated: a -->\nold\n<!-- end -->\nbetween\n<!-- generated: b c -->\n<!-- end -->\nafter\n';

  it('takes the place of the one before, and leaves what people wrote', () => {
    const then = filled(page, (region) => `new ${region}`);
    expect(then).toMatch(
      /^before\n<!-- generated: a -->\n\nnew a\n\n<!-- end -->\nbetween\n[\s\S]*new b c[\s\S]*after\n$/,
    );
    expect(filled(then, (region) => `new ${region}`)).toBe(then);
    expect(regionsOf(page)).toEqual(['a', 'b c']);
  });
});

describe('docs/reference/states.md', () => {
  const [, drawing = ''] = /```\n([\s\S]*?)```/.exec(read('states.md')) ?? [];
  const table = read('states.md').slice(read('states.md').indexOf('<!-- generated: states -->'));

  it('draws the way that a rollout takes', () => {
    const way = [...drawing.matchAll(/^ {10,}([a-z]+(?:-[1n])?)\b/gm)].map(([, stage = '']) => stage);
    expect(way).toEqual(['preflight', 'internal', 'step-1', 'step-n', 'bake', 'promoted', 'finalised']);
    const arrows = ['internal → step-1', 'step-2 → bake', 'bake → promoted', 'promoted → finalised'];
    expect(table).toMatch(/\| a person \|.*preflight → internal/);
    for (const arrow of arrows) expect(table).toMatch(new RegExp(`\\| Serin \\|.*${arrow}`));
  });

  it('draws the ways out of every state', () => {
    const ends = [...drawing.matchAll(/^ (every state that has not ended) ─+> ([a-z-]+)/gm)];
    expect(ends.map(([, , end]) => end)).toEqual(['rolled-back', 'aborted', 'superseded']);
    for (const [, from, end] of ends) expect(table).toContain(`| ${from} → ${end} |`);
  });
});

describe('docs/reference/problems.md', () => {
  it('shows a problem as the API answers it', () => {
    const [, text = ''] = /```json\n(\{\n[\s\S]*?)```/.exec(read('problems.md')) ?? [];
    const shown = problemDetails.parse(JSON.parse(text));
    expect(shown).toMatchObject({ ...HTTP_PROBLEMS.refused, type: `urn:serin:problem:${shown.code}`, code: 'refused' });
  });

  it('has the status of every refusal that the gateway spells out', () => {
    const gateway = [...sources()].filter(([path]) => path.startsWith('src/gateway/')).map(([, text]) => text);
    const pairs = gateway.flatMap((text) => [...text.matchAll(/status: (\d{3}),\s*detail: (['`].*?['`])/g)]);
    expect(pairs.length).toBeGreaterThan(12);
    for (const [, status = '', literal = ''] of pairs) {
      const [detail = ''] = refusalsIn([literal]);
      expect(REFUSALS.find((told) => told.detail === detail)?.status, literal).toBe(Number(status));
    }
  });
});

describe('docs/reference/commands.md', () => {
  it('has the verbs of the conventions', () => {
    const verbs = [
      'serve',
      'start',
      'status',
      'gate pass',
      'audit',
      'audit verify',
      'consumers add',
      'token create',
      'doctor',
    ];
    expect([...commandsByName().keys()]).toEqual(expect.arrayContaining(verbs));
    expect(commandsByName().has('gate')).toBe(false);
  });
});

describe('docs/reference/openapi.json', () => {
  it('is a description of OpenAPI 3.1', () => {
    const described = z.object({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) });
    const { openapi, paths } = described.parse(JSON.parse(read('openapi.json')));
    expect(openapi).toMatch(/^3\.1\./);
    expect(Object.keys(paths)).toContain('/api/v1/rollouts');
  });
});
