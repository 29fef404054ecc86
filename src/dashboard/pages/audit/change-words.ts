import { lasting, weightText } from '../../words/figures.ts';

/** One thing that an entry of the audit changed. */
export interface AuditChange {
  readonly what: string;
  /** Null where there was nothing, or is nothing any more. */
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * What an entry changed, in words: each field that differs. Of what was made, a field that has nothing in it is no change. Empty where
 * nothing of what the audit keeps changed, such as at a page.
 */
export function auditChanges(before: unknown, after: unknown): readonly AuditChange[] {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((field) => {
    // Of many consumers, each by its name, the fields of each.
    if ([was[field], is[field]].every((one) => one === undefined || isRecord(one)))
      return auditChanges(was[field], is[field]).map((change) => ({ ...change, what: `${field} ${change.what}` }));
    const change = {
      what: NAMES[field] ?? field,
      before: valueText(field, was[field]),
      after: valueText(field, is[field]),
    };
    const isNothing = change.before === null && isVoid(is[field]);
    return change.before === change.after || isNothing ? [] : [change];
  });
}

function isVoid(value: unknown): boolean {
  return value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  return value === null || value === undefined ? {} : { value };
}

const NAMES: Readonly<Record<string, string>> = {
  canaryBps: 'share of the canary',
  extraDwellMs: 'added dwell',
  policyDigest: 'policy',
  skippedChecks: 'skipped checks',
};

function valueText(field: string, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (field === 'canaryBps' && typeof value === 'number') return weightText(value);
  if (field === 'extraDwellMs' && typeof value === 'number') return lasting(value);
  if (field === 'policyDigest' && typeof value === 'string') return value.replace('sha256:', '').slice(0, 12);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value) && value.every((one) => typeof one === 'string'))
    return value.length === 0 ? 'none' : value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whom or what an entry is about that is no rollout's: `globex`, `ci (operator)`; empty where nothing says. */
export function auditSubject({ consumer, name, role, id }: Readonly<Record<string, unknown>>): string {
  const named = [consumer, name, id].find((one) => typeof one === 'string') ?? '';
  return typeof role === 'string' ? `${named} (${role})` : String(named);
}
