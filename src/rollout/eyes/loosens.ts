import type { Policy, Protectable } from '../../policy/schema.ts';
import { gatesOfStep } from '../plan.ts';

/**
 * How a policy asks fewer people than another that is in force, as a clause; null where it does not. A restore puts none back: its file
 * may be gone for that very reason, and whoever restores has not written it. Where two people rebase, two restore it.
 */
export function whatLoosens({ spec }: Policy, then: Policy): string | null {
  const verbs = spec.protect?.verbs ?? [];
  if (verbs.includes('rebase')) return null;
  const kept = then.spec.protect?.verbs ?? [];
  const lost = verbs.find((verb) => !covers(kept, verb));
  if (lost !== undefined) return `lets one person do what the present one protects (${lost})`;
  const phases = [spec.internal, ...spec.steps];
  const phasesThen = [then.spec.internal, ...then.spec.steps];
  for (const [index, phase] of phases.entries()) {
    const gates = gatesOfStep(phasesThen[index]);
    for (const { name, approval } of gatesOfStep(phase)) {
      if (approval === null) continue;
      const other = gates.find((gate) => gate.name === name)?.approval ?? null;
      const isKept = other !== null && other.by >= approval.by && (other.notStarter || !approval.notStarter);
      if (!isKept) return `asks fewer people at gate ${name}`;
    }
  }
  return null;
}

function covers(kept: readonly Protectable[], verb: Protectable): boolean {
  return kept.includes(verb) || (verb === 'promote --full' && kept.includes('promote'));
}
