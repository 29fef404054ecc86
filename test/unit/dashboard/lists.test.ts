import { describe, expect, it } from 'vitest';
import { withQuery } from '../../../src/dashboard/pages/list-address.ts';
import { rolloutLine } from '../../../src/dashboard/pages/rollout-line.ts';
import type { RolloutView } from '../../../src/dashboard/views.ts';
import { listCommand, startCommand } from '../../../src/dashboard/words/start-command.ts';

const stage = (name: string, label: string, enteredAt: string | null) => ({ name, label, enteredAt, weightBps: null });
const view = (more: Partial<RolloutView>): RolloutView =>
  ({
    active: false,
    stage: 'rolled-back',
    stages: [stage('internal', 'internal', 'T'), stage('step-1', '10%', 'T'), stage('bake', 'bake', null)],
    paused: null,
    dwell: { needMs: 0, haveMs: 0 },
    forced: { requests: 3, needRequests: 20 },
    router: 'gateway',
    reason: 'errors 5 % against 0.2 %',
    startedAt: '2026-11-30T10:00:00Z',
    endedAt: '2026-11-30T11:05:00Z',
    ...more,
  }) as unknown as RolloutView;
const spaced = (text: string | null) => text?.replaceAll('\u00a0', ' ');

describe('a rollout in a list', () => {
  it('says how far it got, and how long it took', () => {
    const line = rolloutLine(view({}));
    expect(line).toMatchObject({ sign: 'harm', label: 'rolled back', at: 1, stages: 3, how: 'harm' });
    expect([spaced(line.got), spaced(line.took)]).toEqual(['10 %', '1 h 5 m']);
    expect(rolloutLine(view({ stage: 'aborted' }))).toMatchObject({ label: 'aborted', how: 'ended' });
    expect(rolloutLine(view({ stage: 'finalised' }))).toMatchObject({ how: 'through', got: 'the whole way' });
  });

  it('has no duration while it runs', () => {
    const line = rolloutLine(view({ active: true, stage: 'internal', endedAt: null }));
    expect(line).toMatchObject({
      label: 'running',
      how: 'here',
      at: 0,
      took: null,
      got: 'internal · 3 of 20 forced requests',
    });
  });

  it('of one that never left preflight got nowhere', () => {
    const stages = view({}).stages.map((one) => ({ ...one, enteredAt: null }));
    expect(rolloutLine(view({ stages }))).toMatchObject({ at: -1, got: 'preflight' });
  });
});

describe('the address of a list', () => {
  it('has the parts that are there, and nothing that ends them', () => {
    expect(withQuery('/ui/history', { route: 'a&b', before: null, rollout: '' })).toBe('/ui/history?route=a%26b');
    expect(withQuery('/ui/history', { route: '' })).toBe('/ui/history');
  });
});

describe('a command to type', () => {
  const usual = 'http://127.0.0.1:7780';

  it('is read by a shell as it stands', () => {
    expect(startCommand('shop', usual)).toMatch(/^serin start shop --canary http:\/\/HOST:PORT /);
    expect(startCommand(`it's $HOME`, usual)).toMatch(/^serin start 'it'\\''s \$HOME' --canary /);
    expect(listCommand('shop', usual)).toMatch(/^KEY=\S+ serin consumers add shop NAME .*--key-env KEY /s);
  });

  it('names the server where the CLI would ask another one', () => {
    expect(startCommand('shop', usual)).not.toContain('--server');
    expect(startCommand('shop', 'https://serin.example')).toMatch(/ \\\n {2}--server https:\/\/serin\.example$/);
    expect(listCommand('shop', 'http://127.0.0.1:7781')).toMatch(/ --server http:\/\/127\.0\.0\.1:7781$/);
  });
});
