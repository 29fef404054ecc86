interface MiniLadderProps {
  readonly stages: number;
  /** Where it stands, from 0; -1 before the first. */
  readonly at: number;
  /** `here`: it stands there; `harm`, `ended`: it ended there; `through`: it went the whole way. */
  readonly how: 'here' | 'harm' | 'ended' | 'through';
}

const WIDTH = 132;

/** Where a rollout stands, or ended, among its stages. */
export function MiniLadder({ stages, at, how }: MiniLadderProps) {
  const x = (stage: number) => 6 + (stage * (WIDTH - 12)) / Math.max(1, stages - 1);
  const reached = x(Math.max(0, at));
  return (
    <svg
      class="mini"
      width={WIDTH}
      height="14"
      viewBox={`0 0 ${WIDTH} 14`}
      role="img"
      aria-label={`stage ${at + 1} of ${stages}`}
    >
      <path class="done" d={`M6 7H${reached}`} />
      <path class="rule" d={`M${reached} 7H${WIDTH - 6}`} />
      {Array.from({ length: stages }, (_, stage) => {
        if (stage === at && how === 'harm') return <rect class="harm" x={x(stage) - 4} y="3" width="8" height="8" />;
        if (stage === at && how === 'ended') return <rect class="ended" x={x(stage) - 3} y="4" width="6" height="6" />;
        if (stage === at && how === 'here') return <circle class="here" cx={x(stage)} cy="7" r="4" />;
        const isDone = stage < at || how === 'through';
        return <circle class={isDone ? 'done' : 'next'} cx={x(stage)} cy="7" r={isDone ? 3.2 : 2.6} />;
      })}
    </svg>
  );
}
