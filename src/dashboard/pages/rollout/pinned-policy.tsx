import { Glyph } from '../../glyph.tsx';
import type { LiveData } from '../../live/use-snapshot.ts';
import type { PinnedPolicyView, RolloutView } from '../../views.ts';
import { amountOf, legible } from '../../words/said.ts';

interface PinnedPolicyProps {
  readonly rollout: RolloutView;
  readonly read: LiveData<PinnedPolicyView>;
}

/** The policy that a rollout keeps, and how the declared one of that name differs by now. */
export function PinnedPolicy({ rollout: { active, policy }, read: { data, trouble } }: PinnedPolicyProps) {
  return (
    <section aria-labelledby="policy">
      <h2 id="policy">
        Policy {legible(policy.name)} <span class="soft mono">{shortDigest(policy.digest)}</span>
      </h2>
      {trouble !== null && <p class="notice bad">The policy could not be read: {legible(trouble.detail)}</p>}
      {data !== null && <Difference policy={data} active={active} />}
      {data !== null && (
        <details class="pad">
          <summary>whole policy, with every default</summary>
          <pre>{legible(data.yaml)}</pre>
        </details>
      )}
    </section>
  );
}

function Difference({ policy: { current, digest }, active }: { readonly policy: PinnedPolicyView; active: boolean }) {
  if (current === null) return <p class="pad">No policy of that name is declared any more.</p>;
  if (current.digest === null) {
    return (
      <>
        <p class="pad">
          <Glyph sign="person" label="" /> <b>The policy files cannot be read now,</b> so nothing can be compared.
        </p>
        <ul class="diff">
          {current.issues.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              {legible(path)}: {legible(message)}
            </li>
          ))}
        </ul>
      </>
    );
  }
  if (current.diff.length === 0) {
    const isSame = current.digest === digest;
    return (
      <p class="pad soft">
        {isSame
          ? 'The declared policy is the same.'
          : 'The declared policy has another digest, and says the same: an older Serin began this rollout.'}
      </p>
    );
  }
  return (
    <>
      <p class="pad">
        <Glyph sign="person" label="" />{' '}
        <b>The file says otherwise now, in {amountOf(current.diff.length, 'place')}.</b>{' '}
        {active
          ? 'This rollout keeps what it started with until somebody rebases it, which starts the evidence anew.'
          : 'This rollout kept what it started with.'}
      </p>
      <div class="diff">
        {current.diff.map(({ path, before, after }) => (
          <div key={path}>
            {legible(path)}: <span class="soft">{legible(before ?? 'nothing')} →</span> {legible(after ?? 'nothing')}
          </div>
        ))}
      </div>
    </>
  );
}

function shortDigest(digest: string): string {
  return digest.length > 22 ? `${digest.slice(0, 15)}…${digest.slice(-4)}` : digest;
}
