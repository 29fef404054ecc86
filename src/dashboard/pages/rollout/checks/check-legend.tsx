/** What the lines of the interval drawings are. Each drawing says itself what is in it. */
export function CheckLegend() {
  return (
    <div class="key" aria-hidden="true">
      <span>
        <svg width="30" height="12">
          <path d="M2 6H28M2 3v6M28 3v6" stroke="var(--canary)" stroke-width="1.6" />
          <circle cx="15" cy="6" r="3.3" fill="var(--canary)" />
        </svg>
        canary
      </span>
      <span>
        <svg width="30" height="12">
          <path d="M2 6H28" stroke="var(--stable)" stroke-width="5" opacity=".35" />
          <path d="M15 2v8" stroke="var(--stable)" stroke-width="2" />
        </svg>
        stable
      </span>
      <span>
        <svg width="10" height="14">
          <path d="M7 1H2V13H7" stroke="var(--harm)" stroke-width="1.6" fill="none" />
        </svg>
        beyond: rolled back, or held
      </span>
      <span>
        <svg width="8" height="14">
          <path d="M4 0V14" stroke="var(--ok)" stroke-width="1.4" stroke-dasharray="3 2.5" />
        </svg>
        within: at parity
      </span>
      <span>intervals hold at all looks together; the bars are what decides</span>
    </div>
  );
}
