import type { RestoreControl, ToldRestore } from '../../src/consumers/restore-command.ts';
import { Problem } from '../../src/problem/problem.ts';
import type { ScopeVerb } from '../../src/rollout/acts/scope.ts';
import type { AuditEntry } from '../../src/rollout/record.ts';

interface RestoreWorld {
  readonly audit: readonly AuditEntry[];
  readonly write: (entry: Pick<AuditEntry, 'actor' | 'route' | 'rolloutId' | 'event' | 'reason'>) => void;
  readonly tick: () => number;
  readonly needs: () => readonly ScopeVerb[];
}

const STATE = 'a'.repeat(32);

/** A restore that puts nothing back, and asks for the verbs that a test says. */
export function fakeRestores({ audit, write, tick, needs }: RestoreWorld): RestoreControl {
  const told = (route: string, to: number): ToldRestore => {
    tick();
    const entry = audit.find(({ seq }) => seq === to);
    if (entry?.route !== route) throw new Problem('not-found', `no entry ${to} of the audit is about route ${route}`);
    const nothing = { rollout: null, consumers: [], left: [], asked: null, seq: null };
    return { ...nothing, tag: STATE, entry, says: ['Told.'], verbs: needs() };
  };
  return {
    preview: async (route, to) => told(route, to),
    async restore({ route, to, reason, expectedTag, permit }, actor) {
      const before = told(route, to);
      if (expectedTag !== null && expectedTag !== STATE) throw new Problem('stale', `route ${route} has changed`);
      permit(before.verbs);
      write({ actor, route, rolloutId: null, event: { kind: 'restored', to, put: {} } as AuditEntry['event'], reason });
      return { ...before, seq: audit.length };
    },
  };
}
