import { SPARK } from './spark-path.ts';

interface SparklineProps {
  /** Paths of `sparkPath`; empty where nothing is known. */
  readonly stable: string;
  readonly canary: string;
  readonly says: string;
}

/** Both versions of an hour, on one scale. */
export function Sparkline({ stable, canary, says }: SparklineProps) {
  const { width, height } = SPARK;
  return (
    <svg class="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={says}>
      <path class="rule" d={`M2 ${height - 1.5}H${width - 2}`} />
      {stable !== '' && <path class="of-stable" d={stable} />}
      {canary !== '' && <path class="of-canary" d={canary} />}
    </svg>
  );
}
