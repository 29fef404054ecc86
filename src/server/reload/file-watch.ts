import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from '../../problem/problem.ts';
import { SERIN } from '../../rollout/event.ts';
import { filesOf, fingerprintOf } from './file-fingerprint.ts';
import type { InForce } from './in-force.ts';
import type { Reloader } from './reloader.ts';

/** An editor and a deployment write in several steps: a change counts once the files have said the same for this long. */
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
  /** What they held when it was last looked whether a change is over. */
  private settlingAt = '';

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
    this.unwatch();
  }

  private unwatch(): void {
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private watchFolders(): void {
    const folders = new Set(filesOf(this.parts.inForce.now.loaded).map((file) => dirname(file)));
    for (const folder of folders) {
      if (this.watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, () => void this.settle());
        watcher.on('error', () => {
          watcher.close();
          if (this.watchers.get(folder) === watcher) this.watchers.delete(folder);
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
    if ((await this.present()) !== this.seen) await this.settle();
    this.lookLater();
  }

  private present(): Promise<string> {
    return fingerprintOf(this.parts.inForce.now.loaded);
  }

  /** Whatever else is written in these folders, a log for example, puts nothing off: what the files hold decides. */
  private async settle(): Promise<void> {
    if (this.isStopped || this.settling !== undefined) return;
    this.settling = setTimeout(() => void this.settled(), SETTLED_MS).unref();
    this.settlingAt = await this.present();
  }

  private async settled(): Promise<void> {
    const before = this.settlingAt;
    // What is written while this is read is a change of its own.
    this.settling = undefined;
    const found = await this.present();
    if (this.isStopped || found === this.seen) return;
    if (found === before) await this.changed(found);
    else await this.settle();
  }

  private async changed(found: string): Promise<void> {
    const { inForce, reloader } = this.parts;
    this.seen = found;
    // Where a link to a folder leads elsewhere now, the one that is watched is another.
    this.unwatch();
    this.watchFolders();
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
