import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** OVERLAYFS_SUPER_MAGIC of Linux: what engines put the writable layer of a container on. */
const OVERLAY = 0x794c7630;
const MARKS = ['/.dockerenv', '/run/.containerenv'];

/** Whether a path, or where it would be made, is lost with the container that this process runs in; false when that cannot be told. */
export function isLostWithContainer(path: string, env: NodeJS.ProcessEnv): boolean {
  const isContained = MARKS.some((mark) => existsSync(mark)) || env['KUBERNETES_SERVICE_HOST'] !== undefined;
  return isContained && isOnOverlay(path);
}

function isOnOverlay(path: string): boolean {
  try {
    return statfsSync(path).type === OVERLAY;
  } catch {
    const parent = dirname(path);
    return parent !== path && isOnOverlay(parent);
  }
}
