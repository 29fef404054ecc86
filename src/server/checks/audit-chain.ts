import { z } from 'zod';
import { counted } from '../../policy/counted.ts';
import type { Advisory } from './check.ts';
import { askApi } from './running.ts';

const verification = z.object({ entries: z.number(), brokenAt: z.number().nullable() });

/** Whether the audit trail is intact. A broken one does not stop traffic: an operator has to look. */
export const auditChain: Advisory = {
  name: 'audit',
  timeoutMs: 60_000,
  async run(checked, signal) {
    const { store, taken } = checked.database;
    const found = store ? await store.audit.verify() : await askApi(checked, '/api/v1/audit/verify', signal);
    const verified = verification.safeParse(found);
    if (!verified.success) {
      return taken === null
        ? []
        : [{ level: 'ok', says: 'not checked here: `serin audit verify` asks the running Serin' }];
    }
    const { entries, brokenAt } = verified.data;
    if (brokenAt !== null) return [{ level: 'warning', says: `the chain is broken at entry ${brokenAt}` }];
    return [{ level: 'ok', says: `${counted(entries, 'entry', 'entries')}, chain intact` }];
  },
};
