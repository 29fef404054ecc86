const PAGE = 65_536;
const LARGE = 64 * 1024 * 1024;
const ZEROS = Buffer.alloc(PAGE);

/**
 * From now on, copies of whole large arrays skip what is zero on both sides. PGlite keeps a copy of its 128 MB of memory
 * while initdb runs and restores it before each step; nearly all of it is zero, and copying would allocate those pages.
 * Only for a process that just creates a database: this changes what every Uint8Array inherits.
 */
export function copySparsely(): void {
  // oxlint-disable-next-line typescript/unbound-method -- each is called with its array
  const { slice, set } = Uint8Array.prototype;
  const copyPages = (from: Uint8Array, to: Uint8Array) => {
    for (let at = 0; at < from.length; at += PAGE) {
      const page = from.subarray(at, at + PAGE);
      if (!isZero(page) || !isZero(to.subarray(at, at + PAGE))) set.call(to, page, at);
    }
  };
  Uint8Array.prototype.slice = function (this: Uint8Array<ArrayBuffer>, ...range) {
    if (range.length > 0 || this.length < LARGE) return slice.apply(this, range);
    const copy = new Uint8Array(this.length);
    copyPages(this, copy);
    return copy;
  };
  Uint8Array.prototype.set = function (this: Uint8Array, from, offset = 0) {
    if (offset === 0 && from instanceof Uint8Array && from.length >= LARGE) copyPages(from, this);
    else set.call(this, from, offset);
  };
}

function isZero(page: Uint8Array): boolean {
  return ZEROS.compare(page, 0, page.length, 0, page.length) === 0;
}
