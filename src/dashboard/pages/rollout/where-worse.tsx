import { EvidenceBar } from '../../drawings/evidence-bar.tsx';
import { VersionHeads } from '../../version-heads.tsx';
import type { VerdictView } from '../../views.ts';
import { grouped, latency, percent } from '../../words/figures.ts';
import { asSentence, legible } from '../../words/said.ts';

type WhereView = NonNullable<VerdictView['where']>;

/** Which endpoints, consumers and upstreams carry the difference. */
export function WhereWorse({ where }: { readonly where: WhereView }) {
  const { slices, says } = where;
  return (
    <section aria-labelledby="h-where">
      <h2 id="h-where">
        Where it is worse <span class="soft">{measureInWords(where)}</span>
      </h2>
      {slices.length > 0 && (
        <table class="where">
          <thead>
            <tr>
              <th scope="col">where</th>
              <VersionHeads />
              <th scope="col" class="num drop">
                requests
              </th>
              <th scope="col">part of the difference</th>
            </tr>
          </thead>
          <tbody>
            {slices.map(({ dimension, name, canary, stable, requests, part }) => (
              <tr key={`${dimension} ${name}`}>
                <th scope="row" class="any">
                  {dimension === 'endpoint' ? '' : `${dimension} `}
                  {legible(name)}
                </th>
                <td class="num">{percent(canary)}</td>
                <td class="num">{percent(stable)}</td>
                <td class="num drop">
                  {grouped(requests.canary)} / {grouped(requests.stable)}
                </td>
                <td>
                  <span class="cellbar">
                    <EvidenceBar part={Math.min(1, Math.max(0, part))} of="share" />
                    <span>{Math.round(part * 100)}&nbsp;%</span>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="pad small soft foreign">{asSentence(says)}</p>
    </section>
  );
}

function measureInWords({ measure, slowMs }: WhereView): string {
  switch (measure) {
    case 'errors':
      return 'errors';
    case 'clientErrors':
      return '4xx answers';
    case 'slow':
      return 'slower than usual there';
    case 'p50':
    case 'p95':
    case 'p99':
      return slowMs === null ? `slower than the ${measure} of the stable` : `slower than ${latency(slowMs)}`;
  }
}
