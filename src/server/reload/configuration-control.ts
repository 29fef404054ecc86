import { stringify } from 'yaml';
import type { ConfigurationControl, ConfigurationDifference } from '../../api/configuration/configuration-control.ts';
import { changesBetween } from '../../config/changes/configuration-change.ts';
import { configSchema } from '../../config/config.ts';
import { mayRefer } from '../../config/given/given-values.ts';
import { effectiveStable } from '../../controller/reconcile.ts';
import { inOrder } from '../../policy/document.ts';
import { validate } from '../../policy/explain.ts';
import type { Path } from '../../policy/fault.ts';
import { isRecord } from '../../policy/is-record.ts';
import { formatIssue } from '../../policy/place.ts';
import { parseYaml } from '../../policy/yaml.ts';
import { Problem } from '../../problem/problem.ts';
import type { Upstream } from '../../split/order.ts';
import type { Store } from '../../store/store.ts';
import type { InForce } from './in-force.ts';
import { type Reloader, runningRollouts, toldChange } from './reloader.ts';

interface ConfigurationParts {
  readonly inForce: InForce;
  readonly reloader: Reloader;
  readonly store: Pick<Store, 'stables' | 'rollouts'>;
}

/** The configuration, for people: what they are told of it, and their wish to have it read again. */
export function configurationControl({ inForce, reloader, store }: ConfigurationParts): ConfigurationControl {
  /** The stable of each route where a rollout made another version the stable than the file says. */
  async function promoted(): Promise<ReadonlyMap<string, Upstream>> {
    const stables = await store.stables.list();
    return new Map(
      inForce.now.routes.flatMap((route) => {
        const stored = stables.find((record) => record.route === route.name);
        const stable = effectiveStable(route, stored);
        return stable === route.stable ? [] : [[route.name, stable] as const];
      }),
    );
  }

  return {
    async inForce() {
      const { successfulAt, fault, waiting } = reloader.state();
      const yaml = stringify(withStables(inForce.now.loaded.written, await promoted()));
      return { file: reloader.file, since: successfulAt, fault, waiting: waiting.map(toldChange), yaml };
    },
    async compare(text, file) {
      const read = readWritten(text, file);
      const byRollout = await promoted();
      const present = withStables(inForce.now.loaded.written, byRollout);
      const changes = changesBetween(sameBoth(present), sameBoth(read), await runningRollouts(store));
      return changes.map((change): ConfigurationDifference => {
        const [top, name = '', field] = change.path;
        const isPromoted = top === 'routes' && field === 'stable' && byRollout.has(name);
        return isPromoted ? { ...toldChange(change), effect: 'promoted' } : toldChange(change);
      });
    },
    async reload(by, reason, mode) {
      try {
        const { applied, waiting } = await reloader.reload({ by, reason }, mode);
        return { applied: applied.map(toldChange), waiting: waiting.map(toldChange) };
      } catch (error) {
        throw error instanceof Problem ? withPlaces(error) : error;
      }
    },
  };
}

function sameBoth(written: unknown) {
  return { written, filled: written };
}

/** The file with the stables that rollouts promoted. */
function withStables(written: unknown, promoted: ReadonlyMap<string, Upstream>): unknown {
  if (!isRecord(written) || !Array.isArray(written['routes'])) return written;
  const routes = written['routes'].map((route: unknown) => {
    const stable = isRecord(route) ? promoted.get(String(route['name'])) : undefined;
    return stable && isRecord(route) ? { ...route, stable: { url: stable.url, version: stable.version } } : route;
  });
  return { ...written, routes };
}

/** A file as it is written. Whoever sends one may not have what it refers to read, so a reference is as good as a value. */
function readWritten(text: string, file: string): unknown {
  const yaml = parseYaml(text, file);
  if (!yaml.ok) throw withPlaces(new Problem('invalid-input', `${file} is not valid`, { issues: yaml.issues }));
  const { value, document } = yaml;
  const validation = validate(configSchema, value);
  const faults = validation.ok ? [] : validation.faults.filter(({ path }) => !isReferenceAt(value, path));
  if (faults.length === 0) return value;
  const issues = inOrder(faults.map(document.issue));
  throw withPlaces(new Problem('invalid-input', `${file} is not valid`, { issues }));
}

function isReferenceAt(value: unknown, path: Path): boolean {
  const found = path.reduce<unknown>((inner, part) => Object(inner)[part], value);
  return typeof found === 'string' ? mayRefer(found) : JSON.stringify(found ?? '').includes('${');
}

/** Answers of the API have no places of their own: they stand in front of the sentence, as in the log. */
function withPlaces({ code, message, issues, cause }: Problem): Problem {
  const placed = issues.map((issue) => ({ path: '', message: formatIssue(issue).split('\n')[0] ?? issue.message }));
  return new Problem(code, message, { issues: placed, cause });
}
