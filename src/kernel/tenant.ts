/**
 * Tenants: whose run it is. A store is opened for one tenant and knows no other.
 *
 * A tenant is plain text to a store, never part of a statement, a path or a name; so quotes and dots do no harm in it.
 */
import { KernelError } from './error';

/** Names a tenant. */
export type TenantId = string;

/** The tenant of whoever has no tenants. */
export const DEFAULT_TENANT: TenantId = 'default';

/** Together with a run id it has to fit into a key of every database. */
export const TENANT_BYTES_MAX = 200;

/**
 * Checks that a text can be a tenant: 1 to 200 bytes of UTF-8, without control characters and lone surrogates.
 *
 * @throws KernelError `InvalidTenant`
 */
export function assertTenantId(tenant: unknown): asserts tenant is TenantId {
  if (typeof tenant !== 'string' || tenant === '') {
    throw new KernelError('InvalidTenant', 'a tenant is a text that is not empty');
  }
  if (!tenant.isWellFormed() || /\p{Cc}/u.test(tenant)) {
    throw new KernelError('InvalidTenant', 'a tenant has no control characters and no lone surrogates');
  }
  if (tenant.length > TENANT_BYTES_MAX || new TextEncoder().encode(tenant).length > TENANT_BYTES_MAX) {
    throw new KernelError('InvalidTenant', `a tenant has at most ${TENANT_BYTES_MAX} bytes`);
  }
}
