import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Says where webhooks may go. */
export interface AddressGuard {
  /** @param address an IP address as text. */
  isAllowed(address: string): boolean;
  /** What is wrong with a URL before anybody is asked where its host lies; null: nothing. */
  faultOf(url: string): string | null;
}

/**
 * Webhooks go to public addresses only: an endpoint is an address that a tenant chose, and the server stands inside a
 * network that trusts it. Every other range is refused, known or not: what is not public unicast is not a destination.
 *
 * @param allowedNetworks CIDR ranges that may be reached all the same.
 * @param allowHttp whether `http:` may be used: signatures prove the sender, and hide nothing.
 */
export function createAddressGuard(options: {
  allowedNetworks: readonly string[];
  allowHttp: boolean;
}): AddressGuard {
  const networks = options.allowedNetworks.map((network) => ipaddr.parseCIDR(network));

  const isAllowed = (text: string): boolean => {
    // ipaddr.js takes `::8.8.8.8` for `::ffff:8.8.8.8`. It is another address, and nobody's.
    if (!ipaddr.isValid(text) || /^::\d+\./.test(text)) return false;
    const address = unwrapped(ipaddr.parse(text));
    if (isPublic(address)) return true;
    return networks.some(
      ([network, bits]) => address.kind() === network.kind() && address.match(network, bits),
    );
  };

  return {
    isAllowed,
    faultOf(text) {
      if (!URL.canParse(text)) return 'must be a URL';
      const url = new URL(text);
      if (url.protocol !== 'https:' && !(options.allowHttp && url.protocol === 'http:'))
        return 'must begin with https://';
      if (url.username || url.password) return 'must not hold a user name or password';
      const literal = literalOf(url.hostname);
      // `URL` has written 2130706433, 0x7f000001 and 127.1 as the address they are.
      if (literal !== null && !isAllowed(literal)) return notPublic;
      return null;
    },
  };
}

export const notPublic = 'must lead to a public address';

/** The IP address that stands in a URL in place of a name, without brackets; null: it is a name. */
export function literalOf(hostname: string): string | null {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : null;
}

const globalUnicast = ipaddr.parseCIDR('2000::/3');
const nat64 = ipaddr.parseCIDR('64:ff9b::/96');

/** Of IPv6 only 2000::/3 is handed out for the public; the rest of the space is not "unknown, so allowed". */
const isPublic = (address: Address): boolean =>
  address.range() === 'unicast' && (address instanceof ipaddr.IPv4 || address.match(globalUnicast));

/** IPv4 addresses travel inside IPv6 ones; what counts is where the packet ends up. */
function unwrapped(address: Address): Address {
  if (!(address instanceof ipaddr.IPv6)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const bytes = address.toByteArray();
  // NAT64 (RFC 6052): the last four bytes. 6to4 (RFC 3056): the four after 2002.
  if (address.match(nat64)) return new ipaddr.IPv4(bytes.slice(12, 16));
  if (address.range() === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  return address;
}
