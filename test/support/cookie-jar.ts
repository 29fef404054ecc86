/** A browser without pages: it keeps cookies by host and port, and follows no redirect by itself. */
export function cookieJar() {
  const kept = new Map<string, Map<string, string>>();
  const of = (url: string) => {
    const { host } = new URL(url);
    const there = kept.get(host) ?? new Map<string, string>();
    kept.set(host, there);
    return there;
  };
  return {
    cookies: of,
    async get(url: string): Promise<Response> {
      const jar = of(url);
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(url, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
      for (const line of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        if (value === '' || /Max-Age=0/i.test(line)) jar.delete(name);
        else jar.set(name, value);
      }
      return answer;
    },
    /** Follows redirects until one leads to `until`, which is not asked; its URL. */
    async follow(url: string, until: string): Promise<string> {
      for (let at = url, hops = 0; hops < 10; hops++) {
        if (at.startsWith(until)) return at;
        const answer = await this.get(at);
        const location = answer.headers.get('location');
        if (location === null) throw new Error(`${at} was answered ${answer.status}: ${await answer.text()}`);
        at = new URL(location, at).href;
      }
      throw new Error('too many redirects');
    },
  };
}
