import { counted } from '../../policy/counted.ts';
import type { Policy } from '../../policy/schema.ts';
import type { Actor, OverrideEvent } from '../event.ts';
import { changed, refused, type Transition, type TransitionContext } from '../move.ts';
import { type Approval, gatesOf, gatesOfStep } from '../plan.ts';
import { type Rollout, type Someone, stageName } from '../state.ts';
import { asOne, isTooNew, someoneOf, whyOne } from './person.ts';

type AtGate = Extract<OverrideEvent, { kind: 'gatePassed' | 'gateApproved' }>;

/** Who has approved a gate of the present stage, in their order. */
export function approvalsOf(rollout: Rollout, gate: string): readonly Someone[] {
  const { approvals = {} } = rollout;
  return Object.hasOwn(approvals, gate) ? (approvals[gate] ?? []) : [];
}

/** Whether one more approval opens the gate, or is only counted. */
export function atGate(rollout: Rollout, { gate }: AtGate): AtGate {
  const by = gatesOf(rollout).find(({ name }) => name === gate)?.approval?.by ?? 1;
  const approvals = approvalsOf(rollout, gate).length + 1;
  return approvals >= by ? { kind: 'gatePassed', gate } : { kind: 'gateApproved', gate, approvals, by };
}

/** One person lets a rollout through a gate, or is one of several who do. */
export function passGate(rollout: Rollout, event: AtGate, context: TransitionContext, why: string): Transition {
  const { gate } = event;
  const gates = gatesOf(rollout);
  if (gates.length === 0) return refused(`${stageName(rollout.stage)} has no gates`);
  const rule = gates.find(({ name }) => name === gate);
  if (rule === undefined) {
    const names = gates.map(({ name }) => name).join(', ');
    return refused(`${stageName(rollout.stage)} has no gate ${gate}; it has ${names}`);
  }
  if (rollout.gatesPassed.includes(gate)) return refused(`gate ${gate} is open already`);
  const noApproval = rule.approval && whyNoApproval(rollout, gate, rule.approval, context.actor);
  if (noApproval !== null) return refused(noApproval);
  if (atGate(rollout, event).kind !== event.kind) {
    return refused(`gate ${gate} takes ${counted(rule.approval?.by ?? 1, 'approval')}`);
  }
  const had = approvalsOf(rollout, gate);
  return changed(rollout, {
    openPage: null,
    reason: why,
    ...(rule.approval ? { approvals: { ...rollout.approvals, [gate]: [...had, someoneOf(context.actor)] } } : {}),
    ...(event.kind === 'gatePassed' ? { gatesPassed: [...rollout.gatesPassed, gate] } : {}),
  });
}

function whyNoApproval(rollout: Rollout, gate: string, { by, notStarter }: Approval, actor: Actor): string | null {
  const had = approvalsOf(rollout, gate);
  const missing = by - had.length;
  const more = `${missing} more ${missing === 1 ? 'person has' : 'people have'} to`;
  for (const one of had) {
    const why = whyOne(one, actor);
    if (why === 'same') return `${actor.name} approved it already; ${more}`;
    if (why !== null) return `${asOne(actor, one, why)}, who approved it already; ${more}`;
  }
  for (const one of notStarter ? startersOf(rollout) : []) {
    const why = whyOne(one, actor);
    if (why === 'same') return `${actor.name} started or rebased this rollout, and gate ${gate} asks for somebody else`;
    if (why !== null)
      return `${asOne(actor, one, why)}, who started or rebased this rollout; gate ${gate} asks for somebody else`;
  }
  return isTooNew(actor, rollout.startedAt)
    ? `the token of ${actor.name} was made after this rollout started, and counts for no gate of it that asks for approvals`
    : null;
}

/** Who started it, and who has rebased it since. */
function startersOf({ starters, started }: Rollout): readonly Someone[] {
  return starters ?? (started ? [{ name: started.by }] : []);
}

/**
 * After `actor` has put another policy into force: a gate that asks for approvals is open where enough people have approved it for that
 * policy, and closed where not.
 */
export function approvedAnew(rollout: Rollout, after: Rollout, actor: Actor): Partial<Rollout> {
  const starters = [...startersOf(rollout), someoneOf(actor)];
  const kept = gatesOf(after).flatMap(({ name, approval }) => {
    const had = approvalsOf(rollout, name);
    const still = approval?.notStarter ? had.filter((one) => starters.every((other) => !whyOne(one, other))) : had;
    return approval === null ? [] : [{ name, by: approval.by, had: still }];
  });
  const shut = kept.filter(({ by, had }) => had.length < by).map(({ name }) => name);
  const opened = kept
    .filter(({ name, by, had }) => had.length >= by && !rollout.gatesPassed.includes(name))
    .map(({ name }) => name);
  return {
    starters,
    gatesPassed: [...rollout.gatesPassed.filter((name) => !shut.includes(name)), ...opened],
    ...(kept.length > 0 ? { approvals: Object.fromEntries(kept.map(({ name, had }) => [name, had])) } : {}),
  };
}

/** The gates of the present stage that have fewer approvals than a policy takes. */
export function shutBy(rollout: Rollout, policy: Policy): readonly string[] {
  const short = gatesOf({ ...rollout, policy }).filter(
    ({ name, approval }) => approval !== null && approvalsOf(rollout, name).length < approval.by,
  );
  return short.map(({ name }) => name);
}

/**
 * Why one person may not go past the gates that ask for approvals: a closed one of the present stage, and with `all` those of the steps
 * that would be left out. Null where there is none.
 */
export function whyNotPast(rollout: Rollout, reach: 'stage' | 'all'): string | null {
  const closed = gatesOf(rollout).find(({ name, approval }) => approval && !rollout.gatesPassed.includes(name));
  if (closed?.approval) {
    const had = approvalsOf(rollout, closed.name).length;
    return `gate ${closed.name} has ${had} of ${counted(closed.approval.by, 'approval')}, and nobody goes past it alone`;
  }
  if (reach === 'stage') return null;
  const { stage, policy } = rollout;
  const from = stage.kind === 'step' ? stage.index + 1 : stage.kind === 'internal' ? 0 : policy.spec.steps.length;
  for (let index = from; index < policy.spec.steps.length; index += 1) {
    const gate = gatesOfStep(policy.spec.steps[index]).find(({ approval }) => approval !== null);
    if (gate) {
      return `gate ${gate.name} of step-${index + 1} asks for approvals, and nobody goes past it alone: advance step by step`;
    }
  }
  return null;
}

/** `1 of 2 approvals (ada)`; what else is asked of those who approve. */
export function approvalsInWords(rollout: Rollout, gate: string, { by, notStarter }: Approval): string {
  const had = approvalsOf(rollout, gate);
  const names = had.length === 0 ? '' : ` (${had.map(({ name }) => name).join(', ')})`;
  return `${had.length} of ${counted(by, 'approval')}${names}${notStarter ? ', none by who started it' : ''}`;
}
