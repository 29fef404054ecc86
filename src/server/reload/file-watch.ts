import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from '../../problem/problem.ts';
import { SERIN } from '../../rollout/event.ts';
import { filesOf, fingerprintOf } from './file-fingerprint.ts';
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
  /** Of the files that were read last, whatever came of it. */
  private seen: string;
  private looking: NodeJS.Timeout | undefined;
  private settling: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(parts: WatchParts) {
    this.parts = parts;
    // What has changed since they were loaded, while Serin started, is found by the first look.
    this.seen = parts.inForce.now.fingerprint;
  }

  start(): void {
    if (this.parts.inForce.now.loaded.document === null) return;
    this.watchFolders();
    this.lookLater();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.looking);
    clearTimeout(this.settling);
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private watchFolders(): void {
    const folders = new Set(filesOf(this.parts.inForce.now.loaded).map((file) => dirname(file)));
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

  /** One look at a time: a file system may take longer than the time between two. */
  private lookLater(): void {
    if (!this.isStopped) this.looking = setTimeout(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  private async look(): Promise<void> {
    this.watchFolders();
    if ((await this.present()) !== this.seen) this.settle();
    this.lookLater();
  }

  private present(): Promise<string> {
    return fingerprintOf(this.parts.inForce.now.loaded);
  }

  private settle(): void {
    if (this.isStopped) return;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => void this.changed(), SETTLED_MS).unref();
  }

  private async changed(): Promise<void> {
    const { inForce, reloader } = this.parts;
    const found = await this.present();
    if (this.isStopped || found === this.seen) return;
    this.seen = found;
    try {
      await reloader.reload({ by: SERIN, reason: 'the file has changed' }, 'apply');
      // It may name other policies now.
      this.seen = inForce.now.fingerprint;
      if (!this.isStopped) this.watchFolders();
    } catch (error) {
      // The log has it. What the file is not to blame for is tried again.
      if (!(error instanceof Problem) || !['invalid-input', 'refused'].includes(error.code)) this.seen = '';
    }
  }
}
