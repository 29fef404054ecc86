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
 * Where this Serin itself listens. An upstream there would be a loop, or would expose the control API to the clients of the
 * gateway.
 */
export class OwnListeners {
  private readonly bound: Bound[] = [];

  /** `address` is what the socket is bound to. */
  add(address: string, port: number, name: ListenerName): void {
    this.bound.push({ address, port, name });
  }

  /** The listener to which a connection to an address and port would come back; null if there is none, as for every name. */
  find(address: string, port: number): ListenerName | null {
    return this.bound.find((one) => one.port === port && reaches(address, one.address))?.name ?? null;
  }
}

/** A bound address in any form; an unspecified one is reached by every address of this machine. */
function reaches(address: string, bound: string): boolean {
  const forms = [address, ...ipv4Within(address)];
  if (UNSPECIFIED.includes(bound)) return forms.some(isOfThisMachine);
  const own = [bound, ...ipv4Within(bound)];
  // To connect to an unspecified address is to connect to the loopback address of its family.
  return forms.some(
    (form) => own.includes(form) || (UNSPECIFIED.includes(form) && own.some((one) => LOOPBACK.includes(one))),
  );
}

function isOfThisMachine(address: string): boolean {
  if (LOOPBACK.includes(address) || UNSPECIFIED.includes(address)) return true;
  return Object.values(networkInterfaces()).some((ones) => ones?.some((one) => one.address === address));
}
