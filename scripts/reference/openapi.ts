import { controlApi } from '../../src/api/control-api.ts';
import { fakeControl } from '../../test/support/fake-control.ts';

/** The text of `docs/reference/openapi.json`: what `/openapi.json` of a server answers. Nothing behind the API is asked. */
export async function openApiText(): Promise<string> {
  const answer = await controlApi(fakeControl()).request('/openapi.json');
  const document: unknown = await answer.json();
  return `${JSON.stringify(document, null, 2)}\n`;
}
