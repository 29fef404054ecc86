import { useEffect } from 'preact/hooks';
import { Glyph } from '../../glyph.tsx';
import type { GlyphName } from '../../glyph-name.ts';
import { useSnapshot } from '../../live/use-snapshot.ts';
import { Moment } from '../../moment.tsx';
import { rolloutInApi } from '../../paths.ts';
import type { MessageView } from '../../views.ts';
import { legible } from '../../words/said.ts';

/** A delivery is no event: while one is under way it is asked for again. */
const AGAIN_MS = 5_000;

const KINDS: ReadonlyMap<string, readonly [GlyphName, string]> = new Map(
  Object.entries({
    page: ['page', 'Page'],
    resolve: ['check', 'End of the page'],
    change: ['step', 'Change'],
    note: ['dot', 'Note'],
  } satisfies Record<MessageView['kind'], readonly [GlyphName, string]>),
);

/** What was sent about a rollout, and whether it arrived. */
export function RolloutMessages({ id }: { readonly id: string }) {
  const { data, trouble, refresh } = useSnapshot<readonly MessageView[]>(
    `${rolloutInApi(id)}/messages`,
    ({ data: { rolloutId } }) => rolloutId === id,
  );
  const waits = data?.some(({ deliveredAt, rejectedAt }) => deliveredAt === null && rejectedAt === null) ?? false;
  useEffect(() => {
    if (!waits) return;
    const timer = setTimeout(refresh, AGAIN_MS);
    return () => clearTimeout(timer);
  }, [data]);
  if (trouble !== null) return <p class="notice bad">The messages could not be read: {legible(trouble.detail)}</p>;
  if (data === null) return null;
  return (
    <section aria-labelledby="h-messages">
      <h2 id="h-messages">Messages sent {data.length >= 100 && <span class="soft">the last {data.length}</span>}</h2>
      {data.length === 0 ? (
        <p class="pad soft">None about this rollout.</p>
      ) : (
        <ol class="time">
          {data.map((message) => (
            <Sent key={`${message.at} ${message.kind} ${message.channel}`} message={message} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Sent({ message }: { readonly message: MessageView }) {
  const { kind, channel, at, deliveredAt, rejectedAt, lastError } = message;
  // A kind that only a newer Serin knows is shown as it is.
  const [sign, word] = KINDS.get(kind) ?? (['dot', legible(kind)] as const);
  return (
    <li>
      <Moment at={at} form="seconds" />
      <Glyph sign={sign} label="" />
      <div class="foreign">
        <b>{word}</b> to {legible(channel)}
        <div class={rejectedAt === null ? 'who' : 'who harm'}>
          {deliveredAt !== null ? (
            <>
              taken at <Moment at={deliveredAt} form="seconds" />
            </>
          ) : rejectedAt !== null ? (
            <>
              refused for good at <Moment at={rejectedAt} form="seconds" />
            </>
          ) : lastError === null ? (
            'waits for its first attempt'
          ) : (
            'not taken yet, and tried again'
          )}
          {lastError !== null && `: ${legible(lastError)}`}
        </div>
      </div>
    </li>
  );
}
