import { execFile } from 'node:child_process';
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetched } from './fetched.ts';
import { onPath } from './on-path.ts';

/** A mirror that does not answer. */
const FETCH_MS = 300_000;
/** Without a font Chromium draws no text, and lays pages out as if there were none. */
const PACKAGES = ['chromium', 'fonts-dejavu-core'];
const LAUNCHER = 'chromium.sh';

const run = promisify(execFile);

/** Chromium of CHROMIUM_BIN, else of PATH, else unpacked from Debian's packages where SERIN_TEST_APT=1 allows it. */
export async function browserBinary(): Promise<string | null> {
  const found = process.env['CHROMIUM_BIN'] ?? onPath('chromium');
  if (found) return found;
  const unpacked = await fetched('chromium', unpackFromDebian);
  return unpacked && join(unpacked, LAUNCHER);
}

/** With every library that this machine does not have. Nothing is installed, so it need not be root who asks. */
async function unpackFromDebian(folder: string): Promise<void> {
  const options = { cwd: folder, timeout: FETCH_MS };
  const missing = async () => {
    const plan = ['install', '--simulate', '--no-install-recommends', ...PACKAGES];
    const { stdout } = await run('apt-get', plan, options);
    // `Inst NAME (VERSION ...` is new; `Inst NAME [OLD] (VERSION ...` would be brought up to date, and is there.
    return [...stdout.matchAll(/^Inst (\S+) \(/gm)].map(([, name = '']) => name);
  };
  const download = async () => run('apt-get', ['download', ...(await missing())], options);
  // A fresh machine knows of no packages yet.
  await download().catch(async () => {
    await run('apt-get', ['update'], options);
    await download();
  });
  for (const archive of readdirSync(folder)) {
    await run('dpkg-deb', ['-x', archive, '.'], options);
    rmSync(join(folder, archive));
  }
  writeFileSync(join(folder, 'fonts.conf'), FONTS);
  writeFileSync(join(folder, LAUNCHER), SCRIPT);
  chmodSync(join(folder, LAUNCHER), 0o755);
}

const FONTS = `<?xml version="1.0"?>
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

const SCRIPT = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
for libraries in "$here"/lib/*-linux-gnu "$here"/usr/lib/*-linux-gnu "$here"/usr/lib/*-linux-gnu/nss "$here"/usr/lib/*-linux-gnu/pulseaudio; do
  LD_LIBRARY_PATH="$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
done
export LD_LIBRARY_PATH FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/usr/lib/chromium/chromium" "$@"
`;
