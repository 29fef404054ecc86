import type { FindingView } from '../views.ts';
import { intervalInWords, intervalScale, type ScaledEnd, type ScaledInterval } from './interval-scale.ts';

const WIDTH = 226;
const HEIGHT = 30;
const EDGE = 4;
const CANARY_Y = 10;
const STABLE_Y = 20;

interface IntervalDrawingProps {
  readonly finding: FindingView;
  /** What a canary beyond the rollback margin brings about; null where nothing comes of it. */
  readonly does: string | null;
}

/** Both versions of a check with what is known of them, against the margins; nothing where there are no figures. */
export function IntervalDrawing({ finding: given, does }: IntervalDrawingProps) {
  const finding = does === null ? { ...given, limits: { ...given.limits, rollback: null } } : given;
  const scale = intervalScale(finding, WIDTH - 2 * EDGE);
  if (scale === null) return null;
  const { canary, stable, rollback, parity } = scale;
  return (
    <svg
      class="interval"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={intervalInWords(finding, does ?? '')}
    >
      <g transform={`translate(${EDGE} 0)`}>
        <path d={`M0 26.5H${WIDTH - 2 * EDGE}`} stroke="var(--rule)" />
        {parity !== null && (
          <path d={`M${parity} 3V26.5`} stroke="var(--ok)" stroke-width="1.4" stroke-dasharray="3 2.5" />
        )}
        {rollback !== null && (
          <path d={bracket(rollback.at, rollback.side)} fill="none" stroke="var(--harm)" stroke-width="1.6" />
        )}
        {stable.interval !== null && (
          <path d={line(stable.interval, STABLE_Y)} stroke="var(--stable)" stroke-width="5" opacity=".35" />
        )}
        {stable.at !== null && <path d={`M${stable.at} ${STABLE_Y - 3.5}v7`} stroke="var(--stable)" stroke-width="2" />}
        {canary.interval !== null && (
          <path
            d={line(canary.interval, CANARY_Y) + capsOf(canary.interval)}
            fill="none"
            stroke="var(--canary)"
            stroke-width="1.6"
          />
        )}
        {canary.at !== null && <circle cx={canary.at} cy={CANARY_Y} r="3.6" fill="var(--canary)" />}
      </g>
    </svg>
  );
}

function line({ from, to }: ScaledInterval, y: number): string {
  return `M${from.x} ${y}H${to.x}`;
}

function capsOf({ from, to }: ScaledInterval): string {
  return cap(from, 1) + cap(to, -1);
}

// An arrow where it goes on, a bar where it ends.
function cap({ x, isCut }: ScaledEnd, inwards: 1 | -1): string {
  if (!isCut) return `M${x} ${CANARY_Y - 2.5}v5`;
  return `M${x + 4 * inwards} ${CANARY_Y - 3}L${x} ${CANARY_Y}L${x + 4 * inwards} ${CANARY_Y + 3}`;
}

function bracket(at: number, side: 'above' | 'below' | null): string {
  const tick = side === 'above' ? 4.5 : side === 'below' ? -4.5 : 0;
  return `M${at + tick} 3H${at}V26.5H${at + tick}`;
}
