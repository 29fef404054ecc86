/**
 * Whether a path is meant by one of a policy: `*` is any part, and `/**` at the end stands for the path before it and all that is in it.
 */
export function isPathMeant(pattern: string, path: string): boolean {
  const isOpen = pattern.endsWith('/**');
  const wanted = partsOf(isOpen ? pattern.slice(0, -'/**'.length) : pattern);
  const parts = partsOf(path);
  if (isOpen ? parts.length < wanted.length : parts.length !== wanted.length) return false;
  return wanted.every((part, index) => part === '*' || part === parts[index]);
}

function partsOf(path: string): readonly string[] {
  return path === '' ? [] : path.split('/').slice(1);
}
