import { useConsumers } from '../../live/use-consumers.ts';
import { Moment } from '../../moment.tsx';
import type { ConsumerView } from '../../views.ts';
import { legible } from '../../words/said.ts';
import { listCommand } from '../../words/start-command.ts';

/** In the internal phase, and where nothing is rolled out, everybody gets the stable. */
const RULES: Readonly<Record<ConsumerView['rule'], string>> = {
  canary: 'the canary, from the first step of a rollout on',
  stable: 'always the stable',
  'by-weight': 'by weight',
};

/** When it is moved, as its list says: `wave 2, beta, due 2027-03-01`. */
function planText({ wave, group, due, isOverdue }: Pick<ConsumerView, 'wave' | 'group' | 'due' | 'isOverdue'>): string {
  const parts = [wave && `wave ${wave}`, group, due && `due ${due}`, isOverdue && 'overdue'];
  return parts.filter(Boolean).join(', ');
}

/** The listed consumers of a route. Everybody may see them; their keys nobody. */
export function RouteConsumers({ route }: { readonly route: string }) {
  const { data, trouble } = useConsumers(route);
  return (
    <section aria-labelledby="h-consumers">
      <h2 id="h-consumers">
        Listed consumers {data !== null && data.length > 0 && <span class="soft">{data.length}</span>}
      </h2>
      {trouble !== null && <p class="notice bad foreign">Not read: {legible(trouble.detail)}</p>}
      {data?.length === 0 && (
        <>
          <p class="soft pad">None: the weight decides for everybody. To list one:</p>
          <pre>{listCommand(route, location.origin)}</pre>
        </>
      )}
      {data !== null && data.length > 0 && (
        <table class="rows">
          <thead>
            <tr>
              <th scope="col">consumer</th>
              <th scope="col">gets</th>
              <th scope="col">moves</th>
              <th scope="col">changed</th>
            </tr>
          </thead>
          <tbody>
            {data.map(({ name, rule, changedAt, ...plan }) => (
              <tr key={name}>
                <th scope="row" class="foreign">
                  {legible(name)}
                </th>
                <td class={rule === 'by-weight' ? '' : rule}>{RULES[rule]}</td>
                <td>{planText(plan)}</td>
                <td>
                  <Moment at={changedAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
