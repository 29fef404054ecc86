import { posix } from 'node:path';
import type { Import, SourceFile } from './source-file.ts';

/** What the files of one folder of `src` (a room) may import, besides each other and the leaf rooms. */
export interface RoomRule {
  readonly rooms?: readonly string[] | 'all';
  /** Rooms of which only types may be imported. */
  readonly typesOf?: readonly string[];
  /** Single files of other rooms, such as the interface that adapters implement: `metrics/source.ts`. */
  readonly files?: readonly string[];
  /** Packages and built-in modules; a trailing `*` stands for the rest of the name. */
  readonly packages?: readonly string[] | 'all';
  /** Packages of which only these exports may be taken. */
  readonly only?: Readonly<Record<string, readonly string[]>>;
}

export interface ImportTable {
  /** By the name of the folder in `src`, or of the file that lies in `src` itself. */
  readonly rooms: Readonly<Record<string, RoomRule>>;
  /** Rooms that every room may import. */
  readonly leaves: readonly string[];
  /** Packages that a single file may import on top of its room's. */
  readonly exceptions: Readonly<Record<string, readonly string[]>>;
}

/** One line for each import of `src/**` that the table does not allow. */
export function importViolations(files: readonly SourceFile[], table: ImportTable): string[] {
  return files.flatMap((file) => {
    const rule = table.rooms[roomOf(file.path)];
    if (rule === undefined) return [`${file.path} is in no room of the import table`];
    return file.imports
      .filter((imported) => !allows(rule, file.path, imported, table))
      .map(({ specifier, kind }) => `${file.path} may not import ${specifier ?? 'a computed path'} (${kind})`);
  });
}

/**
 * One line for each import, within a room, of a district further up.
 *
 * @param floors the folders (and files beside them) of the room, from the bottom up
 */
export function upwardImports(files: readonly SourceFile[], room: string, floors: readonly string[]): string[] {
  const floorOf = (path: string): number => floors.indexOf(districtOf(path, room));
  return files
    .filter(({ path }) => roomOf(path) === room)
    .flatMap((file) => {
      if (floorOf(file.path) < 0) return [`${file.path} is on no floor of ${room}`];
      return targetsOf(file)
        .filter((target) => roomOf(target) === room && floorOf(target) > floorOf(file.path))
        .map((target) => `${file.path} imports ${target}, which is further up`);
    });
}

/** `src/gateway/serve/plain/front.ts` is of the district `serve/plain`, and `src/gateway/gateway.ts` one of its own. */
function districtOf(path: string, room: string): string {
  const within = path.slice(`src/${room}/`.length);
  return within.includes('/') ? posix.dirname(within) : within;
}

/** Every way round in the imports, types included, as `a.ts -> b.ts -> a.ts`. */
export function importCycles(files: readonly SourceFile[]): string[] {
  return cyclesOf(new Map(files.map((file) => [file.path, targetsOf(file)])));
}

/** Every way round in which rooms need each other's values, as `a -> b -> a`. What lies in `src` itself is in no room. */
export function roomCycles(files: readonly SourceFile[]): string[] {
  const needs = new Map<string, Set<string>>();
  for (const file of files) {
    const room = roomOf(file.path);
    if (room.endsWith('.ts')) continue;
    const needed = needs.get(room) ?? new Set();
    for (const { specifier, kind } of file.imports) {
      if (specifier === null || kind === 'type' || !isRelative(specifier)) continue;
      const other = roomOf(resolve(file.path, specifier));
      if (other !== room) needed.add(other);
    }
    needs.set(room, needed);
  }
  return cyclesOf(needs);
}

/** One line for each use of the clock, of chance or of the outside world in the rooms that may have none. */
export function impurities(files: readonly SourceFile[], pureRooms: readonly string[]): string[] {
  return files
    .filter(({ path }) => pureRooms.includes(roomOf(path)))
    .flatMap(({ path, ambient }) => ambient.map((use) => `${path} is in a pure room and uses ${use}`));
}

/** The packages imported for their values, by any of the files. */
export function packagesUsed(files: readonly SourceFile[]): Set<string> {
  const imports = files.flatMap((file) => file.imports).filter(({ kind }) => kind === 'value');
  return new Set(
    imports.flatMap(({ specifier }) => (specifier && !isRelative(specifier) ? [packageOf(specifier)] : [])),
  );
}

function allows(rule: RoomRule, from: string, imported: Import, table: ImportTable): boolean {
  const { specifier } = imported;
  if (specifier === null) return false;
  if (isRelative(specifier)) return allowsFile(rule, from, resolve(from, specifier), imported.kind, table);
  return allowsPackage(rule, from, packageOf(specifier), imported.names, table);
}

function allowsFile(rule: RoomRule, from: string, target: string, kind: Import['kind'], table: ImportTable): boolean {
  if (!target.startsWith('src/')) return false;
  const room = roomOf(target);
  if (room === roomOf(from) || table.leaves.includes(room)) return true;
  if (rule.rooms === 'all' || rule.rooms?.includes(room)) return true;
  if (rule.files?.includes(target.slice('src/'.length))) return true;
  return kind === 'type' && (rule.typesOf?.includes(room) ?? false);
}

function allowsPackage(
  rule: RoomRule,
  from: string,
  name: string,
  names: readonly string[],
  table: ImportTable,
): boolean {
  if (rule.packages === 'all' || table.exceptions[from]?.includes(name)) return true;
  const only = rule.only?.[name];
  if (only) return names.every((taken) => only.includes(taken));
  return (rule.packages ?? []).some((allowed) =>
    allowed.endsWith('*') ? name.startsWith(allowed.slice(0, -1)) : name === allowed,
  );
}

function cyclesOf(targets: ReadonlyMap<string, Iterable<string>>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (from: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(from);
    if (seenAt >= 0) found.push([...trail.slice(seenAt), from].join(' -> '));
    if (seenAt >= 0 || done.has(from)) return;
    for (const target of targets.get(from) ?? []) visit(target, [...trail, from]);
    done.add(from);
  };
  for (const from of targets.keys()) visit(from, []);
  return found;
}

function roomOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function targetsOf(file: SourceFile): string[] {
  return file.imports.flatMap(({ specifier }) =>
    specifier !== null && isRelative(specifier) ? [resolve(file.path, specifier)] : [],
  );
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith('.');
}

function resolve(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier);
}

/** `hono/factory` -> `hono`, `@hono/node-server/conninfo` -> `@hono/node-server`, `node:fs` as it is. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
