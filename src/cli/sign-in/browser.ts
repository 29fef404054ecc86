import { spawn } from 'node:child_process';
import type { Terminal } from '../terminal.ts';

/** Whether a browser that is opened here would be seen by whoever types: not over SSH, and not without a display. */
export function hasBrowser({ env }: Pick<Terminal, 'env'>, platform: NodeJS.Platform = process.platform): boolean {
  if (env['SSH_CONNECTION'] || env['SSH_TTY']) return false;
  return platform === 'darwin' || platform === 'win32' || Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
}

/** Opens the browser of this machine's user. Where that fails, the address has been printed all the same. */
export function openBrowser(url: string, { env }: Pick<Terminal, 'env'>): void {
  const [program, ...args] = opener(process.platform);
  // No shell comes between: the address is the provider's word.
  const child = spawn(program, [...args, url], { env: { ...env }, stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

function opener(platform: NodeJS.Platform): readonly [string, ...string[]] {
  if (platform === 'darwin') return ['open'];
  return platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler'] : ['xdg-open'];
}
