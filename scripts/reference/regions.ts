/** A page with parts that `npm run reference` writes: everything between such a comment and the next `<!-- end -->`. */
const REGION = /(<!-- generated: (.+?) -->\n)[\s\S]*?(<!-- end -->)/g;

/** The names of the generated parts of a page, in their order. */
export function regionsOf(page: string): readonly string[] {
  return [...page.matchAll(REGION)].map(([, , name = '']) => name);
}

/** The page with every generated part as `write` has it. What people wrote stays. */
export function filled(page: string, write: (region: string) => string): string {
  return page.replaceAll(REGION, (_, begin: string, name: string, end: string) => `${begin}\n${write(name)}\n\n${end}`);
}
