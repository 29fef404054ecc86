import type { SourceFile } from './source-file.ts';

/** Every name that two files declare and export, with the files: `Choice: src/a/choose.ts, src/b/match.ts`. */
export function sharedNames(files: readonly SourceFile[]): string[] {
  const places = new Map<string, string[]>();
  for (const { path, declares } of files) {
    for (const name of declares) places.set(name, [...(places.get(name) ?? []), path]);
  }
  return [...places]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name}: ${paths.toSorted().join(', ')}`)
    .toSorted();
}
