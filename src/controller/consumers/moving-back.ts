import { auditOfChange } from '../../consumers/audited-change.ts';
import { changeList, isEffective } from '../../consumers/change-list.ts';
import type { ListCommand } from '../../consumers/list-command.ts';
import { Problem } from '../../problem/problem.ts';
import { type MachineEvent, SERIN } from '../../rollout/event.ts';
import type { RolloutChange } from '../../store/store.ts';
import type { ControllerPorts } from '../ports.ts';

type MovedBack = Extract<MachineEvent, { kind: 'consumerMovedBack' }>;

/**
 * The change of the list that goes with an event; nothing for every other event. Throws Problem('stale') where somebody has moved the
 * consumer meanwhile: the next look sees that.
 *
 * @param at database time, epoch ms
 */
export async function movingBack(
  { store }: Pick<ControllerPorts, 'store'>,
  route: string,
  event: MachineEvent,
  at: number,
): Promise<Pick<RolloutChange, 'consumers'>> {
  if (event.kind !== 'consumerMovedBack') return {};
  const { consumer, reason }: MovedBack = event;
  const expected = await store.consumers.list(route);
  if (expected.find(({ name }) => name === consumer)?.rule !== 'canary') {
    throw new Problem('stale', `consumer ${consumer} of route ${route} was moved meanwhile`);
  }
  const command: ListCommand = { kind: 'move', who: { by: 'names', names: [consumer] }, to: 'stable' };
  const list = expected.map(({ route: _route, changedAt: _changedAt, ...one }) => one);
  const changes = changeList(route, list, command).filter(isEffective);
  const put = changes.flatMap(({ after }) => after ?? []);
  const audit = auditOfChange({ route, command, changes, by: SERIN, reason, at });
  return { consumers: { change: { route, expected, put, removed: [] }, audit } };
}
