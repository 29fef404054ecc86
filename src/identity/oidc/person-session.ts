import type { Role } from '../../rollout/event.ts';
import { type Person, type PersonRule, roleOfGroup } from './person.ts';
import { sealFor } from './sealed.ts';

/** No value of a session that a token opened begins so. */
const PREFIX = 'person.';

export interface PersonSession {
  readonly actor: { readonly name: string; readonly role: Role; readonly subject: string };
  /** Epoch ms, whole seconds. */
  readonly until: number;
}

/**
 * Sessions of people whom the OpenID provider has named, which nobody stores: the value of a cookie has the person sealed, for one name of the
 * cookie. It has the value of the claim and not the role, so that the session follows `control.oidc.roles` as it is now.
 */
export function personSessions(secret: Uint8Array, now: () => number) {
  const sealed = sealFor(secret, 'serin session of a person');
  return {
    open({ name, group, subject }: Person, lastsMs: number, cookie: string): string {
      const until = Math.floor((now() + lastsMs) / 1_000);
      return `${PREFIX}${sealed.seal({ name, group, subject, until }, cookie)}`;
    },
    isOne: (value: string): boolean => value.startsWith(PREFIX),
    /** Null when it was not made here or is over, when the provider is another one, and when its claim gives no role any more. */
    read(value: string, cookie: string, rule: PersonRule | undefined): PersonSession | null {
      const content = sealed.open(value.slice(PREFIX.length), cookie);
      if (content === null || rule === undefined) return null;
      const { name, group, subject, until } = content;
      if (typeof name !== 'string' || typeof group !== 'string' || typeof subject !== 'string') return null;
      if (typeof until !== 'number' || now() >= until * 1_000 || !subject.startsWith(`${rule.issuer}#`)) return null;
      const role = roleOfGroup(group, rule);
      return role === null ? null : { actor: { name, role, subject }, until: until * 1_000 };
    },
  };
}
