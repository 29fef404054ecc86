import { useEffect, useState } from 'preact/hooks';
import { ask } from '../../live/requests.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import { rolloutInApi } from '../../paths.ts';
import type { AuditView } from '../../views.ts';
import { olderThan, withNewest, withOlder } from './audit-pages.ts';

/** The most that the API gives at once. */
const PAGE = 100;
/** So many are read without being asked for: what is drawn has no holes until then. */
const READ_UNASKED = 500;

export interface RolloutAudit {
  /** The newest first. */
  readonly known: readonly AuditView[];
  /** Since when it is known; null where that is from the start. */
  readonly since: string | null;
  /** Why the last reading failed. */
  readonly trouble: string | null;
  readonly readOlder: () => void;
}

/** The audit of one rollout: the newest page is kept up to date, older ones are read up to a bound, and then when they are asked for. */
export function useAudit(id: string): RolloutAudit {
  const path = `${rolloutInApi(id)}/audit?limit=${PAGE}`;
  const { data, trouble } = useSnapshot<readonly AuditView[]>(path, ({ data: { rolloutId } }) => rolloutId === id);
  const [known, setKnown] = useState<readonly AuditView[]>([]);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    if (data !== null) setKnown((before) => withNewest(before, data));
  }, [data]);
  const below = olderThan(known);
  const readOlder = async () => {
    const answer = await ask<readonly AuditView[]>(`${path}&cursor=${below}`);
    setFailed(answer.kind === 'ok' ? null : answer.detail);
    if (answer.kind === 'ok') setKnown((before) => withOlder(before, below, answer.data));
  };
  useEffect(() => {
    if (below !== null && known.length < READ_UNASKED) void readOlder();
  }, [below]);
  return {
    known,
    since: below === null ? null : (known.at(-1)?.at ?? null),
    trouble: failed ?? trouble?.detail ?? null,
    readOlder: () => void readOlder(),
  };
}
