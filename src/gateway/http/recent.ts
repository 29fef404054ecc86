/**
 * Caches results for recently seen keys. Two generations of at most
 * `size` keys: when the young one is full the old one is dropped, which keeps the keys in use and bounds memory.
 */
export class Recent<Value> {
  private readonly size: number;
  private young = new Map<string, Value>();
  private old = new Map<string, Value>();

  constructor(size: number) {
    this.size = size;
  }

  get(key: string): Value | undefined {
    const value = this.young.get(key);
    if (value !== undefined) return value;
    const older = this.old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, value: Value): void {
    if (this.young.size >= this.size) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }
}
