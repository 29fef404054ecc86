interface EvidenceBarProps {
  /** 0 to 1. */
  readonly part: number;
  /** Evidence against its threshold, or `share`: a part of a whole. */
  readonly of: 'harm' | 'parity' | 'share';
}

const WIDTH = { harm: 92, parity: 64, share: 120 } as const;

/** How much of a threshold is reached. It is said beside it. */
export function EvidenceBar({ part, of }: EvidenceBarProps) {
  const width = WIDTH[of];
  const filled = (part * (width - 2)).toFixed(1);
  const threshold = of === 'parity' ? 'var(--ok)' : 'var(--harm)';
  const fill = of === 'parity' ? 'var(--ok)' : of === 'share' || part >= 1 ? 'var(--harm)' : 'var(--ink)';
  return (
    <svg width={width} height="12" viewBox={`0 0 ${width} 12`} aria-hidden="true">
      <path d={`M0 6H${width - 2}`} stroke="var(--rule)" stroke-width="5" />
      <path d={`M0 6H${filled}`} stroke={fill} stroke-width="5" />
      {of !== 'share' && <path d={`M${width - 1} 0V12`} stroke={threshold} stroke-width="1.6" />}
    </svg>
  );
}
