import type { Command } from 'commander';
import { type AuditView, auditVerificationSchema, auditViewsSchema } from '../../api/view-schemas.ts';
import { counted } from '../../policy/counted.ts';
import { reasonInWords } from '../../rollout/words/quote.ts';
import { openClient, type ServerOptions, takesServer } from '../connection.ts';
import { EXIT } from '../exit-code.ts';
import { rolloutPath } from '../find-rollout.ts';
import { whatHappened } from '../happened.ts';
import { print } from '../output.ts';
import type { Session } from '../terminal.ts';
import { table } from '../text.ts';

interface AuditOptions extends ServerOptions {
  readonly rollout?: string;
  readonly limit: string;
}

export function registerAudit(program: Command, session: Session): void {
  const audit = takesServer(
    program.command('audit').description('every change, newest first: who, what, why').argument('[route]'),
  )
    .option('--rollout <id>', 'of one rollout only')
    .option('--limit <count>', 'at most so many', '20')
    // Otherwise `audit` takes the options that follow `verify`.
    .enablePositionalOptions()
    .action(async (route: string | undefined, options: AuditOptions) => {
      const query = new URLSearchParams({ limit: options.limit });
      if (route !== undefined && options.rollout === undefined) query.set('route', route);
      const path = options.rollout === undefined ? '/api/v1/audit' : rolloutPath(options.rollout, '/audit');
      const entries = await openClient(options, session).get(`${path}?${query.toString()}`, auditViewsSchema);
      print(session, options.output, entries, (format) => auditTable(entries, format));
    });

  takesServer(audit.command('verify').description('check that nothing in the audit log was changed or cut off')).action(
    async (options: ServerOptions) => {
      const found = await openClient(options, session).get('/api/v1/audit/verify', auditVerificationSchema);
      const { entries, brokenAt } = found;
      print(session, options.output, found, () =>
        brokenAt === null
          ? `${counted(entries, 'entry', 'entries')}, chain intact`
          : `the chain is broken at entry ${brokenAt} of ${entries}`,
      );
      if (brokenAt !== null) session.exit(EXIT.error);
    },
  );
}

function auditTable(entries: readonly AuditView[], format: 'table' | 'wide'): string {
  const wide = format === 'wide';
  const heading = ['SEQ', 'AT', 'WHO', 'VIA', 'ROUTE', 'WHAT', 'WHY'];
  const rows = entries.map(({ seq, at, actor, route, event, reason, rolloutId, hash }) => {
    const row = [
      String(seq),
      at.slice(0, 19),
      actor.name,
      actor.via ?? '-',
      route === '' ? '-' : route,
      whatHappened(event),
      reasonInWords(reason, actor),
    ];
    return wide ? [...row, rolloutId ?? '-', hash] : row;
  });
  return table(wide ? [...heading, 'ROLLOUT', 'HASH'] : heading, rows);
}
