import { moveShapes } from '../../stats/presence/shape-evidence.ts';
import { shortPlaces } from '../../stats/presence/short-answers.ts';
import { type Check, type Hold, reactionOf } from '../check.ts';
import { differencesInWords } from '../differences/in-words.ts';
import { shapeReservation } from './forced-shape.ts';
import { seenShape, shapeFinding } from './shape-finding.ts';
import { observeResponseShape, RESPONSE_SHAPE, restartShapes, type ShapeState } from './shape-state.ts';
import { tooMuchAt } from './shape-words.ts';

/**
 * What JSON answers look like: fields that are gone, other types, null where there was none. Each fact of an answer is a share that is
 * tested in the sides that a client can notice. What can break a client holds or rolls back; the rest is told.
 */
export const responseShapeCheck: Check<ShapeState> = {
  names: { listed: [RESPONSE_SHAPE] },
  terms({ spec: { checks } }, name) {
    if (name !== RESPONSE_SHAPE) return null;
    const { dryRun, onHarm } = reactionOf(checks.responseShape);
    return {
      label: 'shape of answers',
      dryRun: dryRun || checks.responseShape?.breaking === 'report',
      onHarm,
      against: 'stable',
    };
  },
  claims: ({ spec: { checks } }) =>
    checks.responseShape?.breaking === 'rollback'
      ? [{ check: RESPONSE_SHAPE, share: checks.responseShape.weight }]
      : [],
  open: () => null,
  observe: observeResponseShape,
  restart: restartShapes,
  move: (state, byMs) => state && moveShapes(state, byMs),
  stakes: ({ spec: { checks } }, state, shareOf) =>
    state === null || checks.responseShape?.breaking !== 'rollback'
      ? []
      : [
          {
            check: RESPONSE_SHAPE,
            weight: shareOf(RESPONSE_SHAPE),
            logHarm: seenShape(checks.responseShape, state).logHarm,
          },
        ],
  findings: ({ spec: { checks } }, state, context) =>
    checks.responseShape === undefined ? [] : [shapeFinding(checks.responseShape, state, context)],
  holds({ spec: { checks } }, state, { findings }): readonly Hold[] {
    const terms = checks.responseShape;
    const isCounted = findings.some(({ check }) => check === RESPONSE_SHAPE);
    if (terms === undefined || state === null || !isCounted) return [];
    const { differences } = seenShape(terms, state);
    const holding = differences.filter(({ effect }) => effect === 'breaking' || terms.compatible === 'hold');
    const differs = differencesInWords(holding);
    const short = terms.breaking === 'report' ? [] : shortPlaces(state);
    if (differs === null && short.length === 0) return [];
    const reason = differs === null ? `shape of answers: ${tooMuchAt(short)}` : `canary ${differs}, which holds it`;
    return [{ kind: 'worse', check: RESPONSE_SHAPE, reason }];
  },
  reservations: ({ spec: { checks } }, state) =>
    checks.responseShape === undefined ? [] : [shapeReservation(checks.responseShape, state)],
};
