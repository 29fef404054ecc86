import type { CheckRequest, SourceAnswer } from '../metrics/source.ts';
import { inOrder } from '../policy/document.ts';
import type { SourceDocument } from '../policy/place.ts';
import { type LoadedPolicy, readPolicy } from '../policy/read.ts';
import { type Issue, Problem } from '../problem/problem.ts';
import type { ControllerPorts, DeclaredRoute } from './ports.ts';
import { effectiveStable } from './reconcile.ts';
import { declaredRoute } from './start.ts';
import { askedOfAnswers, whatGoesUnread, whyUncarried, whyUnmirrored, whyUnprobed } from './unmeasurable.ts';

type Ports = Pick<ControllerPorts, 'source' | 'store' | 'routes' | 'policy'>;

interface PolicyTrial {
  readonly text: string;
  readonly file: string;
  readonly route?: string;
  readonly stable?: string;
  readonly canary?: string;
}

/** Locates a fault in what a route's source measures: that is declared with the route, not in the policy. */
export type RouteIssue = (route: string, message: string) => Issue;

/** The policy that the files declare under a name now. While one of them is not valid, nothing else of them counts. */
export type DeclaredPolicy =
  | { readonly kind: 'valid'; readonly loaded: LoadedPolicy }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  | { readonly kind: 'gone' };

/** Tries a policy's text against this installation's sources. It reads and queries, and changes nothing. */
export function policyControl(ports: Ports, ofRoute: RouteIssue) {
  return {
    declared(name: string): DeclaredPolicy {
      try {
        const loaded = ports.policy(name);
        return loaded === null ? { kind: 'gone' } : { kind: 'valid', loaded };
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'invalid-input') throw error;
        const { issues, message } = error;
        return { kind: 'invalid', issues: issues.length === 0 ? [{ path: '', message }] : issues };
      }
    },
    async check(request: PolicyTrial, signal: AbortSignal) {
      const reading = readPolicy(request.text, request.file);
      const name = reading.ok ? reading.policy.metadata.name : null;
      const route = routeOf(ports, request.route, name);
      const notes = route.sticky ? [`${route.name} is ${route.sticky}`] : [];
      if (!reading.ok) return { route: route.name, issues: reading.issues, unreachable: [], answers: [], notes };
      const { checks } = reading.policy.spec;
      const { queries } = checks;
      const unprobed = whyUnprobed(route, checks);
      const uncarried = whyUncarried(route, checks);
      const unmirrored = whyUnmirrored(route, checks);
      const versions = await versionsOf(ports, route, request);
      const answers = (await ports.source.check?.({ route: route.name, versions, queries }, signal)) ?? [];
      return {
        route: route.name,
        issues: inOrder([
          ...issuesOf(answers, reading.document, (message) => ofRoute(route.name, message)),
          ...(unprobed === null
            ? []
            : [reading.document.issue({ path: ['spec', 'checks', 'probes'], message: unprobed, at: 'key' })]),
          ...(unmirrored === null || uncarried !== null
            ? []
            : [reading.document.issue({ path: ['spec', 'checks', 'answers'], message: unmirrored, at: 'key' })]),
          ...(uncarried === null
            ? []
            : [
                reading.document.issue({
                  path: ['spec', 'checks', ...(askedOfAnswers(checks)[0] ?? [])],
                  message: uncarried,
                  at: 'key',
                }),
              ]),
        ]),
        unreachable: unreachable(answers),
        answers: answers.map(answerOf),
        notes: [...notes, ...[whatGoesUnread(route, checks)].flatMap((note) => note ?? [])],
      };
    },
  };
}

function answerOf({ what, source, track, version, outcome, value, says }: SourceAnswer) {
  return { what, source, track, version, outcome, value, says };
}

/** The named route, else the only one with this policy, else the only route. */
function routeOf(ports: Ports, named: string | undefined, policy: string | null): DeclaredRoute {
  if (named !== undefined) return declaredRoute(ports, named);
  const takers = ports.routes.filter((route) => route.policy === policy);
  const [only, second] = takers.length > 0 ? takers : ports.routes;
  if (only && !second) return only;
  const names = ports.routes.map(({ name }) => name).join(', ');
  throw new Problem('invalid-input', `say which route is meant: there are ${names}`, {
    issues: [{ path: 'route', message: 'names no route, and several take the policy or could' }],
  });
}

async function versionsOf(
  { store }: Ports,
  route: DeclaredRoute,
  { stable, canary }: PolicyTrial,
): Promise<CheckRequest['versions']> {
  const [[running], stables] = await Promise.all([
    store.rollouts.list({ route: route.name, active: true, limit: 1 }),
    store.stables.list(),
  ]);
  const serving = effectiveStable(
    route,
    stables.find((record) => record.route === route.name),
  );
  return {
    stable: stable ?? running?.rollout.stable.version ?? serving.version,
    canary: canary ?? running?.rollout.canary.version ?? null,
  };
}

type Place = (message: string) => Issue;

/** One issue for each question that failed, whichever versions it concerns. */
function issuesOf(answers: readonly SourceAnswer[], policy: SourceDocument, ofRoute: Place): readonly Issue[] {
  const issues = new Map<string, Issue>();
  for (const answer of answers) {
    const issue = issueOf(answer, policy, ofRoute);
    if (issue) issues.set(`${issue.path} ${issue.message}`, issue);
  }
  return [...issues.values()];
}

function issueOf(answer: SourceAnswer, policy: SourceDocument, ofRoute: Place): Issue | null {
  const { check, what, track, version, outcome, says } = answer;
  const at = (field: string, message: string): Issue =>
    check === null
      ? ofRoute(message)
      : policy.issue({ path: ['spec', 'checks', 'queries', check, field], message, at: 'value' });
  switch (outcome) {
    case 'value':
    case 'unusable':
    case 'unreachable':
      return null;
    case 'nothing':
      return at('query', `${what} of the ${track} ${version}: ${says}`);
    case 'refused':
      return at('query', `${what}: ${says}`);
    case 'undeclared':
      return at('source', `${what}: ${says}`);
  }
}

function unreachable(answers: readonly SourceAnswer[]): readonly string[] {
  const said = answers.flatMap(({ source, outcome, says }) =>
    outcome === 'unreachable' ? [`the source ${source} cannot be reached: ${says}`] : [],
  );
  return [...new Set(said)];
}
