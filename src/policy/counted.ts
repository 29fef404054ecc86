/** `1 route`, `2 routes`, `0 entries`: a number with its noun; pass the plural when it needs more than an s. */
export function counted(count: number, one: string, many: string = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}
