import type { RolloutView } from '../views.ts';
import { said } from '../words/said.ts';
import { checksOf, type Draft } from './draft.ts';
import type { Objection } from './objection.ts';

interface ActField {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  /** By value what is said of it; null where it is typed. */
  readonly choices: ReadonlyMap<string, string> | null;
}

/** What a verb takes beside the reason. */
function fieldsOf({ verb }: Draft, view: RolloutView): readonly ActField[] {
  switch (verb) {
    case 'promote':
      return [{ name: 'how', label: 'How', hint: '', choices: waysToPromote(view) }];
    case 'weight':
      return [{ name: 'weight', label: 'Weight of the canary', hint: 'such as 25%, to a hundredth', choices: null }];
    case 'extend':
      return [{ name: 'by', label: 'Longer by', hint: 'such as 30m, 2h or 1d', choices: null }];
    case 'skip': {
      const checks = checksOf(view);
      const choices = checks.length === 0 ? null : new Map(checks.map((name) => [name, name]));
      return [{ name: 'check', label: 'Check', hint: '', choices }];
    }
    case 'gate': {
      const closed = view.gates.filter(({ open }) => !open).map(({ name }) => name);
      return [{ name: 'gate', label: 'Gate', hint: '', choices: new Map(closed.map((name) => [name, name])) }];
    }
    default:
      return [];
  }
}

function waysToPromote({ stage }: RolloutView): ReadonlyMap<string, string> {
  return new Map([
    ...(stage === 'bake' ? [] : [['bake', 'to 100 %, with the bake'] as const]),
    ['full', 'to 100 %, without the bake'],
    ['repair', 'at once, as the repair of a stable that fails'],
  ]);
}

interface ActFieldsProps {
  readonly draft: Draft;
  readonly view: RolloutView;
  readonly objection: Objection | null;
  readonly onFill: (field: string, value: string) => void;
}

export function ActFields({ draft, view, objection, onFill }: ActFieldsProps) {
  return (
    <>
      {fieldsOf(draft, view).map(({ name, label, hint, choices }) => {
        const isWrong = objection?.field === name;
        const shared = {
          id: `act-${name}`,
          value: draft.fields[name] ?? '',
          'aria-invalid': isWrong,
          ...(isWrong ? { 'aria-describedby': `act-${name}-fault` } : {}),
          onInput: (event: Event) => onFill(name, (event.currentTarget as HTMLInputElement).value),
        };
        return (
          <div key={name} class="act-field">
            <label for={shared.id}>
              {label} {hint !== '' && <span class="soft">({hint})</span>}
            </label>
            {choices === null ? (
              <input {...shared} autocomplete="off" required />
            ) : (
              <select {...shared}>
                {[...choices].map(([value, says]) => (
                  <option key={value} value={value}>
                    {says}
                  </option>
                ))}
              </select>
            )}
            {isWrong && (
              <p class="harm" id={`act-${name}-fault`}>
                {said(objection.detail)}
              </p>
            )}
          </div>
        );
      })}
    </>
  );
}
