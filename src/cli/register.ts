import type { Command } from 'commander';
import { registerAudit } from './commands/audit-commands.ts';
import { registerConfiguration } from './commands/configuration-commands.ts';
import { registerConsumers } from './commands/consumer-commands.ts';
import { registerJudge } from './commands/judge-command.ts';
import { registerOverrides } from './commands/override-commands.ts';
import { registerPlan } from './commands/plan-command.ts';
import { registerReport } from './commands/report-command.ts';
import { registerRestore } from './commands/restore-command.ts';
import { registerRoutes } from './commands/routes-command.ts';
import { registerShow } from './commands/show-commands.ts';
import { registerSignIn } from './commands/sign-in-commands.ts';
import { registerStart } from './commands/start-command.ts';
import { registerTokens } from './commands/token-commands.ts';
import { registerValidate } from './commands/validate-command.ts';
import { registerValues } from './commands/value-commands.ts';
import { registerVersion } from './commands/version-command.ts';
import type { Session } from './terminal.ts';

/** Every command that talks to a server over HTTP, and those that need none. */
export function registerCommands(program: Command, session: Session): void {
  registerStart(program, session);
  registerShow(program, session);
  registerReport(program, session);
  registerRoutes(program, session);
  registerOverrides(program, session);
  registerRestore(program, session);
  registerConsumers(program, session);
  registerAudit(program, session);
  registerConfiguration(program, session);
  registerSignIn(program, session);
  registerTokens(program, session);
  registerValues(program, session);
  registerValidate(program, session);
  registerPlan(program, session);
  registerJudge(program, session);
  registerVersion(program, session);
}
