import { isRecord } from '../../policy/is-record.ts';
import { readableLine } from '../../policy/names.ts';
import { ROLES, type Role } from '../../rollout/event.ts';

/** Which claims say who somebody is, and what they may do. */
export interface PersonRule {
  readonly issuer: string;
  /** The claim with the name; null for the first of `email`, `preferred_username` and `sub` that can be shown. */
  readonly name?: string | undefined;
  readonly roles: { readonly claim: string; readonly map: Readonly<Record<string, Role>> };
}

/** Somebody whom the provider has named. */
export interface Person {
  readonly name: string;
  readonly role: Role;
  /** The value of the claim that gives the role. */
  readonly group: string;
  /** `ISSUER#SUB`: the same for the same person whatever they are called, and nobody else's. An issuer has no fragment. */
  readonly subject: string;
}

type Claims = Readonly<Record<string, unknown>>;

const shown = readableLine(100);
const MOST_SUBJECT = 255;

/** Who the claims of a verified token name, or the sentence why they let nobody in: it quotes no value of them. */
export function personOf(claims: Claims, rule: PersonRule): Person | { readonly refused: string } {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > MOST_SUBJECT || !sub.isWellFormed()) {
    return {
      refused: `the token does not say whose it is: its claim sub must be a text of 1 to ${MOST_SUBJECT} characters`,
    };
  }
  const name = nameIn(claims, rule.name);
  if (name === null) {
    return {
      refused: `the claim ${rule.name ?? 'sub'} of the token is no name: it must be a text of at most 100 characters that can be shown`,
    };
  }
  const { claim, map } = rule.roles;
  const held = claimAt(claims, claim);
  if (held === undefined) {
    return {
      refused: `the token of ${name} has no claim ${claim}, which gives the role (control.oidc.roles in serin.yaml): ask the provider's operators for it`,
    };
  }
  const found = highest(textsOf(held), map);
  if (found === null) {
    return {
      refused: `nothing that the claim ${claim} of ${name} says has a role here: an admin gives it one in control.oidc.roles.map of serin.yaml`,
    };
  }
  return { name, ...found, subject: `${rule.issuer}#${sub}` };
}

/** The role that a value of the claim has now; null where it has none any more. */
export function roleOfGroup(group: string, { roles: { map } }: Pick<PersonRule, 'roles'>): Role | null {
  return (Object.hasOwn(map, group) ? map[group] : null) ?? null;
}

function highest(
  held: readonly string[],
  map: PersonRule['roles']['map'],
): { readonly role: Role; readonly group: string } | null {
  for (const role of ROLES.toReversed()) {
    const group = held.find((one) => Object.hasOwn(map, one) && map[one] === role);
    if (group !== undefined) return { role, group };
  }
  return null;
}

/** An address that the provider has not verified may be somebody else's. */
function nameIn(claims: Claims, claim: string | undefined): string | null {
  const isTheirs = claims['email_verified'] !== false;
  const names =
    claim === undefined
      ? [isTheirs ? claims['email'] : undefined, claims['preferred_username'], claims['sub']]
      : [claimAt(claims, claim)];
  for (const name of names) {
    const read = shown.safeParse(typeof name === 'string' ? name.trim() : name);
    if (read.success) return read.data;
  }
  return null;
}

/** A claim by its name, which may have dots in it, or else by its path: `realm_access.roles`. */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let at: unknown = claims;
  for (const part of path.split('.')) {
    if (!isRecord(at) || !Object.hasOwn(at, part)) return undefined;
    at = at[part];
  }
  return at;
}

function textsOf(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((one) => typeof one === 'string');
}
