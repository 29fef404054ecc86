import { randomInt } from 'node:crypto';
import { methodName } from '../../http/method.ts';
import { GivenTemplates, guessTemplate, hashTemplate } from './path-template.ts';

const HASH_BITS = 0x3fff_ffff;

/** What the endpoint of a request is called, and a hash by which it is found without making its name. */
export class EndpointNames {
  private readonly seed = randomInt(1, HASH_BITS);
  private given: GivenTemplates | null = null;

  /** @param templates those that `serin.yaml` declares */
  constructor(templates: readonly string[]) {
    this.declare(templates);
  }

  /** Other templates from now on: what was counted by now keeps its name. */
  declare(templates: readonly string[]): void {
    this.given = templates.length === 0 ? null : new GivenTemplates(templates, this.seed);
  }

  /** Never 0. Without the seed no client can make two endpoints collide. */
  hashOf(method: number, path: string): number {
    const template = this.given?.find(path)?.hash ?? hashTemplate(path, this.seed);
    return (template ^ Math.imul(method + 1, 0x9e37_79b1)) & HASH_BITS || 1;
  }

  /** `POST /orders/{id}` */
  nameOf(method: number, path: string): string {
    return `${methodName(method)} ${this.given?.find(path)?.template ?? guessTemplate(path)}`;
  }

  /** Whether its template is declared, so that no client made it up. */
  isGiven(path: string): boolean {
    return (this.given?.find(path) ?? null) !== null;
  }
}

/** Whether an answer shows that there is such an endpoint: what clients make up is answered by one of these. */
export function showsEndpoint(status: number): boolean {
  return status !== 404 && status !== 405;
}
