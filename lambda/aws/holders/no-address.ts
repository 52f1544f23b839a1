/**
 * Tells that a service is not available in a Region.
 *
 * AWS gives each service an address in each Region that it is available in, and no other name exists. Outside a VPC,
 * the function asks the resolver of AWS, so a name that does not exist there does not exist at all. The SDK asks four
 * times. In a VPC, a resolver of its owner may hide names that exist, so the same answer proves nothing.
 */

/**
 * The addresses that every service has in each of its Regions. A name that someone has configured may have any other
 * domain. Many services have no FIPS or dual-stack address in a Region that they are available in, and EC2 is available
 * in every Region.
 */
const AWS_NAME = /\.amazonaws\.com(\.cn)?$/;
const PROVES_NOTHING = /(^|[.-])fips([.-]|$)|(^|[.-])dualstack([.-]|$)|^ec2\./;

export function isNoAddress(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, syscall, hostname } = error as { code?: unknown; syscall?: unknown; hostname?: unknown };
  return code === 'ENOTFOUND' && syscall === 'getaddrinfo' && typeof hostname === 'string'
    && AWS_NAME.test(hostname) && !PROVES_NOTHING.test(hostname);
}
