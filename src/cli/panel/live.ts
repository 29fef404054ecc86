import { createLogUpdate } from 'log-update';
import { stringify } from 'yaml';
import { auditViewsSchema, type RolloutView } from '../../api/view-schemas.ts';
import type { ApiClient } from '../client.ts';
import { statusLine } from '../commands/status.ts';
import { watchRollout } from '../commands/watch.ts';
import { rolloutPath } from '../find-rollout.ts';
import type { Format } from '../output.ts';
import { type Session, wantsColour } from '../terminal.ts';
import { renderRollout } from './panel.ts';

const AUDIT_LINES = 5;

/** Follows a rollout: redraws a panel on a terminal, else prints one line or document per change. */
export async function showLive(client: ApiClient, first: RolloutView, format: Format, session: Session): Promise<void> {
  const table = format === 'table' || format === 'wide';
  if (table && session.isTTY) return showPanel(client, first, session);
  let last = '';
  for await (const view of watchRollout(client, first, session)) {
    const text = documentOf(view, format);
    if (text !== last) session.stdout.write(text);
    last = text;
  }
}

async function showPanel(client: ApiClient, first: RolloutView, session: Session): Promise<void> {
  const draw = createLogUpdate(session.stdout);
  for await (const view of watchRollout(client, first, session)) {
    const newestFirst = await client.get(rolloutPath(view.id, `/audit?limit=${AUDIT_LINES}`), auditViewsSchema);
    const width = session.stdout.columns ?? 80;
    draw(renderRollout(view, { width, colour: wantsColour(session), audit: newestFirst.toReversed() }));
  }
  draw.done();
}

function documentOf(view: RolloutView, format: Format): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(view)}\n`;
    case 'yaml':
      return `---\n${stringify(view)}`;
    case 'table':
    case 'wide':
      return `${statusLine(view)}\n`;
  }
}
