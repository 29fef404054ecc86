import { useState } from 'preact/hooks';
import { type ApiReply, ask } from '../../live/requests.ts';
import { clockTime } from '../../words/clock.ts';
import { grouped } from '../../words/figures.ts';
import { legible } from '../../words/said.ts';

interface AuditVerification {
  readonly entries: number;
  readonly brokenAt: number | null;
}

type Asked =
  | { readonly kind: 'not-yet' | 'asking' }
  | { readonly kind: 'answered'; readonly at: number; readonly reply: ApiReply<AuditVerification> };

/** Walks the chain of hashes when a reader asks for it: it takes as long as the log is. */
export function VerifyAudit() {
  const [asked, setAsked] = useState<Asked>({ kind: 'not-yet' });
  const verify = async () => {
    setAsked({ kind: 'asking' });
    const reply = await ask<AuditVerification>('/audit/verify');
    setAsked({ kind: 'answered', at: Date.now(), reply });
  };
  return (
    <div class="audit-verify">
      <button type="button" onClick={() => void verify()} disabled={asked.kind === 'asking'}>
        {asked.kind === 'asking' ? 'Verifying …' : 'Verify the hashes'}
      </button>
      <span role="status">{asked.kind === 'answered' && <Outcome {...asked} />}</span>
    </div>
  );
}

function Outcome({ at, reply }: Extract<Asked, { kind: 'answered' }>) {
  if (reply.kind !== 'ok') return <span class="harm">Not verified: {legible(reply.detail)}</span>;
  const { entries, brokenAt } = reply.data;
  if (brokenAt !== null) {
    return (
      <b class="harm">
        The chain is broken at entry {brokenAt}: that one, or one before it, is not as it was written ({clockTime(at)}).
      </b>
    );
  }
  return (
    <span class="ok">
      Every hash holds: {grouped(entries)} entries, checked at {clockTime(at)}.
    </span>
  );
}
