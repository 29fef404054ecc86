import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCode } from '../../problem/error-code.ts';
import { Problem } from '../../problem/problem.ts';
import { SERIN } from '../../rollout/event.ts';
import type { InForce } from './in-force.ts';
import type { Reloader } from './reloader.ts';

/** An editor and a deployment write in several steps: a change counts once nothing was written for this long. */
const SETTLED_MS = 1_000;
/** Where the system does not tell of changes, as on some network file systems, they are found by looking. */
const LOOK_EVERY_MS = 5_000;

interface WatchParts {
  readonly inForce: Pick<InForce, 'now'>;
  readonly reloader: Pick<Reloader, 'reload'>;
}

/**
 * Has serin.yaml and the policies read again when what they hold has changed. Their folders are watched and not the files, so that one that is
 * replaced is seen: by an editor, or with the symbolic link of a ConfigMap.
 */
export class FileWatch {
  private readonly parts: WatchParts;
  private readonly watchers = new Map<string, FSWatcher>();
  private seen: string;
  private looking: NodeJS.Timeout | undefined;
  private settling: NodeJS.Timeout | undefined;

  constructor(parts: WatchParts) {
    this.parts = parts;
    this.seen = this.fingerprint();
  }

  start(): void {
    if (this.parts.inForce.now.loaded.document === null) return;
    this.watchFolders();
    this.looking = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.looking);
    clearTimeout(this.settling);
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private files(): readonly string[] {
    const { loaded } = this.parts.inForce.now;
    const file = loaded.document?.file;
    return file === undefined
      ? []
      : [resolve(file), ...loaded.config.policies.map((path) => resolve(loaded.folder, path))];
  }

  /** Of what the files hold, wherever links lead: touching one is no change. */
  private fingerprint(): string {
    const hash = createHash('sha256');
    for (const file of this.files()) {
      try {
        hash.update(readFileSync(file));
      } catch (error) {
        hash.update(`${errorCode(error)}`);
      }
      hash.update('\0');
    }
    return hash.digest('hex');
  }

  private watchFolders(): void {
    const folders = new Set(this.files().map((file) => dirname(file)));
    for (const folder of folders) {
      if (this.watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, () => this.settle());
        watcher.on('error', () => {
          watcher.close();
          this.watchers.delete(folder);
        });
        this.watchers.set(folder, watcher);
      } catch {
        // It is looked at all the same.
      }
    }
  }

  private look(): void {
    this.watchFolders();
    if (this.fingerprint() !== this.seen) this.settle();
  }

  private settle(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => void this.changed(), SETTLED_MS).unref();
  }

  private async changed(): Promise<void> {
    const found = this.fingerprint();
    if (found === this.seen) return;
    this.seen = found;
    try {
      await this.parts.reloader.reload({ by: SERIN, reason: 'the file has changed' }, 'apply');
      this.watchFolders();
      // It may name other policies now.
      this.seen = this.fingerprint();
    } catch (error) {
      // The log has it. What the file is not to blame for is tried again.
      if (!(error instanceof Problem) || !['invalid-input', 'refused'].includes(error.code)) this.seen = '';
    }
  }
}
