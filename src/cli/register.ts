import type { Command } from 'commander';
import { registerAudit } from './audit-commands.ts';
import { registerConsumers } from './consumer-commands.ts';
import { registerJudge } from './judge-command.ts';
import { registerOverrides } from './override-commands.ts';
import { registerPlan } from './plan-command.ts';
import { registerShow } from './show-commands.ts';
import { registerStart } from './start-command.ts';
import type { Session } from './terminal.ts';
import { registerTokens } from './token-commands.ts';
import { registerValidate } from './validate-command.ts';
import { registerVersion } from './version-command.ts';

/** Every command that talks to a server over HTTP, and those that need none. */
export function registerCommands(program: Command, session: Session): void {
  registerStart(program, session);
  registerShow(program, session);
  registerOverrides(program, session);
  registerConsumers(program, session);
  registerAudit(program, session);
  registerTokens(program, session);
  registerValidate(program, session);
  registerPlan(program, session);
  registerJudge(program, session);
  registerVersion(program, session);
}
