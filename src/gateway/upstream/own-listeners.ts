import { networkInterfaces } from 'node:os';
import { AddressRanges } from '../http/address-ranges.ts';
import { ipv4Within } from '../http/embedded-address.ts';

const UNSPECIFIED = new AddressRanges(['0.0.0.0', '::'], 'unspecified addresses');
const LOOPBACK = new AddressRanges(['127.0.0.0/8', '::1'], 'loopback addresses');

export type ListenerName = 'control' | 'gateway' | 'readiness';

interface Bound {
  readonly address: string;
  readonly port: number;
  readonly name: ListenerName;
}

/**
 * The addresses this Serin itself listens on. An upstream there would be a loop, or would expose the control API to the
 * gateway's clients.
 */
export class OwnListeners {
  private readonly bound: Bound[] = [];

  /** `address`: what the socket is bound to. */
  add(address: string, port: number, name: ListenerName): void {
    this.bound.push({ address, port, name });
  }

  /** The own listener that a connection to an address and port would reach; null if there is none, as for every name. */
  find(address: string, port: number): ListenerName | null {
    return this.bound.find((one) => one.port === port && reaches(address, one.address))?.name ?? null;
  }
}

/** `bound` may be in any form; every address of this machine reaches an unspecified one. */
function reaches(address: string, bound: string): boolean {
  const forms = [address, ...ipv4Within(address)];
  if (UNSPECIFIED.includes(bound)) return forms.some(isOfThisMachine);
  const own = [bound, ...ipv4Within(bound)];
  // Connecting to an unspecified address reaches the loopback address of its family.
  return forms.some(
    (form) => own.includes(form) || (UNSPECIFIED.includes(form) && own.some((one) => LOOPBACK.includes(one))),
  );
}

function isOfThisMachine(address: string): boolean {
  if (LOOPBACK.includes(address) || UNSPECIFIED.includes(address)) return true;
  return Object.values(networkInterfaces()).some((ones) => ones?.some((one) => one.address === address));
}
