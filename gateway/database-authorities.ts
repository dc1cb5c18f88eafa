/** The certificate authorities of databases on RDS, which Node.js does not know. Lambda has them in a file; containers do not. */
import tls from "node:tls";

const certificates = /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g;

/** Trusts the certificate authorities that AWS publishes at an address, besides the usual ones. */
export async function trustAuthorities(address: string): Promise<void> {
  const answer = await fetch(address, { signal: AbortSignal.timeout(30_000) });
  const found = answer.ok ? ((await answer.text()).match(certificates) ?? []) : [];
  if (found.length === 0) throw new Error(`There are no certificates at ${address} (status ${answer.status}).`);
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), ...found]);
}
