import { formatIssue } from '../../policy/place.ts';
import { type Issue, Problem } from '../../problem/problem.ts';
import type { CheckFinding } from './check.ts';

const LEVEL_WIDTH = 'warning'.length;
const NAME_WIDTH = 'configuration'.length;

/** One finding as `doctor` prints it: level, check, sentence, place in the file, and a caret if it refuses the start. */
export function findingText(finding: CheckFinding): string {
  const head = `${finding.level.padEnd(LEVEL_WIDTH)}  ${finding.check.padEnd(NAME_WIDTH)}`;
  if (finding.level !== 'error') {
    const place = finding.level === 'warning' ? finding.issue?.place : undefined;
    return `${head}  ${place ? `${place.file}:${place.line}:${place.column} ` : ''}${finding.says}`;
  }
  const { message, issues } = finding.problem;
  const [only] = issues;
  if (issues.length === 1 && only?.message === message) return `${head}  ${formatIssue(only)}`;
  return [`${head}  ${message}`, ...issues.map(formatIssue)].join('\n');
}

/** 0: all is well; 1: something is wrong; 2: the file or an argument is invalid. */
export function exitCodeOfFindings(findings: readonly CheckFinding[]): 0 | 1 | 2 {
  if (findings.some((finding) => finding.level === 'error' && finding.problem.code === 'invalid-input')) return 2;
  return findings.every(({ level }) => level === 'ok') ? 0 : 1;
}

/** Why Serin may not start, all reasons together; null when it may. */
export function startRefusal(findings: readonly CheckFinding[]): Problem | null {
  const taken = findings.flatMap((finding) => (finding.level !== 'error' && finding.taken ? [finding.taken] : []));
  // Its addresses are in use because the data folder is: that one cause explains everything.
  const folder = taken.filter(({ code }) => code === 'data-folder-in-use');
  const errors = findings.flatMap((finding) => (finding.level === 'error' ? [finding.problem] : []));
  const problems = [...(folder.length > 0 ? folder : taken), ...errors];
  const [first, ...others] = problems;
  if (!first || others.length === 0) return first ?? null;
  const worst = problems.find(({ code }) => code === 'invalid-input') ?? first;
  return new Problem(worst.code, `Serin cannot start for ${problems.length} reasons:`, {
    issues: problems.flatMap(issuesOf),
  });
}

function issuesOf({ message, issues }: Problem): readonly Issue[] {
  return issues.length > 0 ? issues : [{ path: '', message }];
}
