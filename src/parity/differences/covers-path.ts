/**
 * Whether a path of answers is the one that is declared, or inside of it. `*` of the declared path is any item of a list, and of the
 * path it is what stands for items.
 *
 * @example coversPath('/items/*' + '/score', '/items/*' + '/score/raw') // true
 */
export function coversPath(declared: string, path: string): boolean {
  const parts = path.split('/');
  return declared.split('/').every((part, index) => {
    const own = parts[index];
    return own === part || (part === '*' && own !== undefined && /^(\*|\d+)$/.test(own));
  });
}
